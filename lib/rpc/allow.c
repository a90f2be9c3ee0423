#include "rpc/allow.h"

#include <string.h>
#include <time.h>

#include "base/log.h"
#include "rpc/keys.h"
#include "rpc/table.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, LIST_MEMORY_MAX = 64 << 10 };

struct allow_list {
    arena *mem;      /* owns the list itself */
    bh_call *memory; /* owns the rows; replaced with them */
    table_watch file;
    allow_row *rows;
    size_t n;
};

static const char *const role_names[] = {
    [ALLOW_GATEWAY] = "gateway",
    [ALLOW_SERVICE] = "service",
    [ALLOW_TOOL] = "tool",
};

static bool role_parse(const char *word, allow_role *ret_role) {
    for (size_t i = 0; i < countof(role_names); i++) {
        if (strcmp(word, role_names[i]) == 0) {
            *ret_role = (allow_role) i;
            return true;
        }
    }
    return false;
}

static bool last_day_parse(const char *word, int64_t *ret_expires_ms) {
    struct tm day = { 0 };
    const char *end = strptime(word, "%Y-%m-%d", &day);
    if (!end || *end || strlen(word) != strlen("2025-12-31"))
        return false;
    *ret_expires_ms = (int64_t) timegm(&day) * 1000 + DAY_MS;
    return true;
}

static bh_err *row_parse(bh_call *call, const char *path, const table_row *words, allow_row *ret_row) {
    *ret_row = (allow_row){ .name = words->word[0], .public_key = words->word[2], .expires_ms = INT64_MAX };
    if (words->n < 3)
        return table_refuse(call, path, words, "NAME ROLE KEY [NOT-AFTER] expected");
    if (strlen(ret_row->name) >= ALLOW_NAME_SIZE)
        return table_refuse(call, path, words, "the name is too long");
    if (!role_parse(words->word[1], &ret_row->role))
        return table_refuse(call, path, words, "the role is not gateway, service or tool");
    if (!rpc_key_text_is_valid(ret_row->public_key))
        return table_refuse(call, path, words, "the key is not 40 digits of Z85");
    if (words->n == 4 && !last_day_parse(words->word[3], &ret_row->expires_ms))
        return table_refuse(call, path, words, "the last day is not YYYY-MM-DD");
    return NULL;
}

static bh_err *rows_read(bh_call *call, const char *path, allow_row **ret_rows, size_t *ret_n) {
    table_row *table;
    TRY(table_read(call, path, &table, ret_n));
    *ret_rows = arena_array(call->mem, *ret_n, sizeof(**ret_rows));
    for (size_t i = 0; i < *ret_n; i++)
        TRY(row_parse(call, path, &table[i], &(*ret_rows)[i]));
    return NULL;
}

/* Puts the file's rows in force; on an error the old ones stay. The error lives in `call`. */
static bh_err *load(bh_call *call, allow_list *list) {
    bh_call *memory = call_new("allow-list", 0);
    allow_row *rows;
    size_t n;
    bh_err *err = rows_read(memory, list->file.path, &rows, &n);
    if (err) {
        bh_err kept = *err;
        kept.zh = arena_strdup(call->mem, err->zh);
        kept.en = arena_strdup(call->mem, err->en);
        kept.unblock_zh = kept.unblock_en = "";
        call_free(memory);
        return bh_err_raw(call, kept);
    }
    call_free(list->memory);
    list->memory = memory;
    list->rows = rows;
    list->n = n;
    return NULL;
}

bh_err *allow_open(bh_call *call, const char *path, allow_list **ret_list) {
    arena *mem = arena_new(LIST_MEMORY_MAX);
    allow_list *list = arena_alloc(mem, sizeof(*list));
    *list = (allow_list){ .mem = mem, .file = { .path = arena_strdup(mem, path) } };
    table_changed(&list->file);
    bh_err *err = load(call, list);
    if (err) {
        allow_close(list);
        return err;
    }
    *ret_list = list;
    return NULL;
}

void allow_close(allow_list *list) {
    if (!list)
        return;
    call_free(list->memory);
    arena_free(list->mem);
}

void allow_refresh(allow_list *list) {
    if (!table_changed(&list->file))
        return;
    bh_call *call = call_new("allow-list", 0);
    bh_err *err = load(call, list);
    if (err)
        log_event(LOG_ERROR, "rpc.allow_list", "kept the old one: %s", err->en);
    else
        log_event(LOG_INFO, "rpc.allow_list", "path=%s rows=%zu", list->file.path, list->n);
    call_free(call);
}

const allow_row *allow_find(const allow_list *list, const char *public_key, int64_t now_ms) {
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->rows[i].public_key, public_key) == 0)
            return now_ms < list->rows[i].expires_ms ? &list->rows[i] : NULL;
    return NULL;
}
