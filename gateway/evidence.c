#include "evidence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

enum { STALE_SECONDS = 24 * 60 * 60, STALE_MAX = 10000 };

void evidence_path(const char *digest, char ret_path[EVIDENCE_PATH_SIZE]) {
    snprintf(ret_path, EVIDENCE_PATH_SIZE, "%.2s/%s", digest, digest + 2);
}

static void closedir_p(DIR **folder) {
    if (*folder)
        closedir(*folder);
}

/* Another gateway may be writing into tmp/ at this moment: only what is old goes. */
static void remove_stale(int folder) {
    CLEANUP(closedir_p) DIR *tmp = fdopendir(openat(folder, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const struct dirent *entry;
    struct stat st;
    for (int i = 0; tmp && i < STALE_MAX && (entry = readdir(tmp)); i++)
        if (entry->d_name[0] != '.' && fstatat(dirfd(tmp), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            time(NULL) - st.st_mtime > STALE_SECONDS)
            unlinkat(dirfd(tmp), entry->d_name, 0);
}

bh_err *evidence_open(bh_call *call, const char *folder, evidence_store *store) {
    mkdir(folder, 0700);
    store->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder < 0 || (mkdirat(store->folder, "tmp", 0700) != 0 && errno != EEXIST))
        return bh_fail(call, BAD_FIELD, "BIHUAN_EVIDENCE_DIR", arena_printf(call->mem, "%s cannot be used", folder));
    remove_stale(store->folder);
    return NULL;
}
