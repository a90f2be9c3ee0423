#include <string.h>

#include "cell.h"
#include "cmd.h"
#include "store.h"
#include "table.h"

bh_err *cmd_context_list(app *a, UNUSED const verb *v) {
    size_t n;
    const char **names = store_contexts(a, &n), *current = store_current_context(a);
    table t;
    table_init(a, &t, 2, n);
    table_add(a, &t, 0, 0, cell_header(a, "name"));
    table_add(a, &t, 0, 1, cell_header(a, "current"));
    for (size_t i = 0; i < n; i++) {
        table_add(a, &t, i + 1, 0, names[i]);
        table_add(a, &t, i + 1, 1, current && strcmp(current, names[i]) == 0 ? "*" : "");
    }
    table_show(a, &t);
    return NULL;
}

bh_err *cmd_context_use(app *a, UNUSED const verb *v) {
    return store_use_context(a, args_get(&a->args, "name"));
}

bh_err *cmd_context_set(app *a, UNUSED const verb *v) {
    return store_save_context(a, args_get(&a->args, "name"), a->server, a->ca);
}
