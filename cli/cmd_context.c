#include "cmd.h"
#include "out.h"
#include "store.h"

bh_err *cmd_context_list(app *a, UNUSED const verb *v) {
    size_t n;
    const char **names = store_contexts(a, &n);
    out_names(a, "contexts", SAY(a, "名称", "name"), names, n, store_current_context(a));
    return NULL;
}

bh_err *cmd_context_use(app *a, UNUSED const verb *v) {
    return store_use_context(a, args_get(&a->args, "name"));
}

bh_err *cmd_context_set(app *a, UNUSED const verb *v) {
    return store_save_context(a, args_get(&a->args, "name"), a->server, a->ca);
}
