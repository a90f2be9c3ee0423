#include "evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void evidence_path(const char *digest, char ret_path[EVIDENCE_PATH_SIZE]) {
    snprintf(ret_path, EVIDENCE_PATH_SIZE, "%.2s/%s", digest, digest + 2);
}

bool evidence_tmp_open(int folder, evidence_tmp *ret_tmp) {
    uint64_t id[2];
    random_bytes(id, sizeof(id));
    snprintf(ret_tmp->path, sizeof(ret_tmp->path), "tmp/%016" PRIx64 "%016" PRIx64, id[0], id[1]);
    ret_tmp->fd = openat(folder, ret_tmp->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
    if (ret_tmp->fd < 0)
        ret_tmp->path[0] = '\0';
    return ret_tmp->fd >= 0;
}

bh_err *evidence_open(bh_call *call, const char *folder, evidence_store *store) {
    mkdir(folder, 0700);
    store->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder < 0 || (mkdirat(store->folder, "tmp", 0700) != 0 && errno != EEXIST))
        return bh_fail_why(call, BAD_FIELD, "BIHUAN_EVIDENCE_DIR", NOT_FOLDER, folder);
    return NULL;
}

bool evidence_tmp_write(const evidence_tmp *tmp, const void *bytes, size_t n) {
    for (size_t done = 0; done < n;) {
        ssize_t wrote = write(tmp->fd, (const uint8_t *) bytes + done, n - done);
        if (wrote < 0 && errno != EINTR)
            return false;
        done += wrote > 0 ? (size_t) wrote : 0;
    }
    return true;
}

/* fsync of the file, the new name, fsync of the folders. */
int evidence_tmp_settle(int folder, evidence_tmp *tmp, const char *digest) {
    char path[EVIDENCE_PATH_SIZE], shelf[3];
    int fd = -1;
    evidence_path(digest, path);
    snprintf(shelf, sizeof(shelf), "%.2s", path);
    bool is_safe = (mkdirat(folder, shelf, 0700) == 0 || errno == EEXIST) &&
                   (fd = openat(folder, shelf, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 && fsync(tmp->fd) == 0 &&
                   renameat(folder, tmp->path, folder, path) == 0 && fsync(fd) == 0 && fsync(folder) == 0;
    int number = is_safe ? 0 : errno;
    if (fd >= 0)
        close(fd);
    if (is_safe)
        tmp->path[0] = '\0';
    return number;
}

void evidence_tmp_drop(int folder, evidence_tmp *tmp) {
    if (tmp->fd >= 0)
        close(tmp->fd);
    if (tmp->path[0])
        unlinkat(folder, tmp->path, 0);
    *tmp = (evidence_tmp){ .fd = -1 };
}
