#include "evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void evidence_path(const char *digest, char ret_path[EVIDENCE_PATH_SIZE]) {
    snprintf(ret_path, EVIDENCE_PATH_SIZE, "%.2s/%s", digest, digest + 2);
}

bh_err *evidence_open(bh_call *call, const char *folder, evidence_store *store) {
    mkdir(folder, 0700);
    store->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder < 0 || (mkdirat(store->folder, "tmp", 0700) != 0 && errno != EEXIST))
        return bh_fail_why(call, BAD_FIELD, "BIHUAN_EVIDENCE_DIR", NOT_FOLDER, folder);
    return NULL;
}
