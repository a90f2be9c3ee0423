#include "cmd.h"
#include "evidence.h"
#include "out.h"

bh_err *cmd_evidence_add(app *a, UNUSED const verb *v) {
    Bh__Evidence *evidence;
    TRY(evidence_upload(a, args_get(&a->args, "file"), &evidence));
    out_record(a, &evidence->base);
    return NULL;
}

bh_err *cmd_evidence_get(app *a, UNUSED const verb *v) {
    const char *digest = args_get(&a->args, "digest"), *path = args_get(&a->args, "save");
    return evidence_download(a, digest, path ? path : "-");
}
