#include "base/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bh_err *set(bh_call *call, const conf_row *row, const char *variable, const char *text, void *settings) {
    void *field = (char *) settings + row->offset;
    if (row->type == CONF_TEXT) {
        *(const char **) field = text;
        return NULL;
    }
    char *end;
    errno = 0;
    *(int64_t *) field = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        return bh_fail_why(call, BAD_FIELD, variable, NOT_INTEGER);
    return NULL;
}

bh_err *conf_load(bh_call *call, const conf_row *rows, size_t n, void *settings) {
    for (size_t i = 0; i < n; i++) {
        const char *variable = arena_printf(call->mem, "BIHUAN_%s", rows[i].name);
        const char *text = getenv(variable);
        if (!text)
            text = rows[i].fallback;
        if (!text)
            return bh_fail_why(call, BAD_FIELD, variable, MISSING);
        TRY(set(call, &rows[i], variable, text, settings));
    }
    return NULL;
}

void conf_print(const conf_row *rows, size_t n) {
    for (size_t i = 0; i < n; i++)
        printf("  BIHUAN_%-20s %s (default: %s)\n", rows[i].name, rows[i].help,
               rows[i].fallback ? rows[i].fallback : "none");
}
