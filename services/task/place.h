/* Pages of task lists: keyset order by creation, place in the document, id. */
#pragma once

#include "pg/pg.h"
#include "service/page.h"

/* The place behind which a page begins. */
typedef struct task_place {
    int32_t rows; /* to ask for */
    int64_t after_ms;
    int32_t after_position;
    uuid after_task;
    bool has_task;
} task_place;

MUST bh_err *task_place_parse(bh_call *c, int32_t page_size, const char *token, task_place *ret_place);
/* The token that continues after the first n rows (columns _created_ms, _position, task_id); "" when there is no more.
 */
char *task_place_token(bh_call *c, bool has_more, const pg_rows *rows, size_t n);
