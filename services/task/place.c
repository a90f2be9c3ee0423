#include "place.h"

#include <inttypes.h>

#include "service/field.h"

bh_err *task_place_parse(bh_call *c, int32_t page_size, const char *token, task_place *ret_place) {
    task_place p = { 0 };
    const char *parts[3];
    TRY(page_rows(c, page_size, &p.rows));
    TRY(page_parts(c, token, parts, countof(parts)));
    if (parts[0]) {
        int64_t position;
        TRY(page_number(c, parts[0], INT64_MAX, &p.after_ms));
        TRY(page_number(c, parts[1], INT32_MAX, &position));
        p.after_position = (int32_t) position;
        TRY(field_uuid(c, "page_token", parts[2], &p.after_task));
        p.has_task = true;
    }
    *ret_place = p;
    return NULL;
}

char *task_place_token(bh_call *c, bool has_more, const pg_rows *rows, size_t n) {
    int last = (int) n - 1;
    if (!has_more)
        return (char *) "";
    return arena_printf(c->mem, "%" PRId64 "/%" PRId32 "/%s", pg_get_int(rows, last, "_created_ms"),
                        (int32_t) pg_get_int(rows, last, "_position"), pg_get_text(rows, last, "task_id"));
}
