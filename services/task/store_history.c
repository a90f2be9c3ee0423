/* The history of a task: a line for each version, with what it changed. */
#include <string.h>

#include "base/buf.h"
#include "pg/pg.h"
#include "service/field.h"
#include "service/page.h"
#include "store.h"
#include "task_sql.h"
#include "json/json.h"

typedef struct field_row {
    const char *name;
    bool is_said; /* had no value before */
    const char *zh, *en;
} field_row;

static const field_row fields[] = {
#define FIELD(name, is_said, zh, en) { #name, is_said, zh, en },
#include "changed_fields.def"
#undef FIELD
};

/* A field without a row stands for itself. */
static field_row field_of(const char *name) {
    for (size_t i = 0; i < countof(fields); i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i];
    return (field_row){ name, false, name, name };
}

static const char *word_of(const char *value, bool is_chinese) {
    if (strcmp(value, "true") == 0)
        return is_chinese ? "是" : "yes";
    if (strcmp(value, "false") == 0)
        return is_chinese ? "否" : "no";
    return value;
}

/* A change is one line: breaks within a value would look like other changes. */
static void add_in_line(buf *out, const char *text) {
    for (; *text; text++)
        buf_addc(out, strchr("\t\n", *text) ? ' ' : *text);
}

static void add_values(buf *out, char *const *values, size_t n, bool is_chinese) {
    for (size_t i = 0; i < n; i++) {
        buf_adds(out, i ? (is_chinese ? "、" : ", ") : "");
        add_in_line(out, word_of(values[i], is_chinese));
    }
    if (!n)
        buf_adds(out, is_chinese ? "无" : "none");
}

static void add_change(buf *out, const Bh__FieldChange *change, bool is_chinese) {
    field_row field = field_of(change->field);
    buf_addf(out, "%s%s", is_chinese ? field.zh : field.en, is_chinese ? "：" : ": ");
    if (!field.is_said) {
        add_values(out, change->before, change->n_before, is_chinese);
        buf_adds(out, " → ");
    }
    add_values(out, change->after, change->n_after, is_chinese);
}

/* "期限：2025-12-31 → 2026-01-05", a line a change. */
static char *changes_text(bh_call *c, const Bh__TaskEvent *event, bool is_chinese) {
    buf out;
    buf_init(&out, c->mem);
    for (size_t i = 0; i < event->n_changes; i++) {
        buf_adds(&out, i ? "\n" : "");
        add_change(&out, event->changes[i], is_chinese);
    }
    return out.s;
}

static bh_err *add_changes(bh_call *c, const char *json, Bh__TaskEvent *event) {
    TRY(json_parse_list(c, json, "changes", &event->base));
    event->message_zh = changes_text(c, event, true);
    event->message_en = changes_text(c, event, false);
    return NULL;
}

/* A name that the rules no longer know stands for itself. */
static void add_labels(Bh__TaskEvent *event) {
    const move_row *row = move_named(event->move);
    event->label_zh = (char *) (row ? row->zh : event->move);
    event->label_en = (char *) (row ? row->en : event->move);
}

/* As many as fit: the changes of a page of long texts would take all memory of the call before it is cut. */
static bh_err *add_events(bh_call *c, const pg_rows *rows, Bh__ListTaskEventsResponse *resp) {
    size_t found, bytes = 0;
    resp->events = pg_fill_all(c, rows, &bh__task_event__descriptor, &found);
    for (size_t i = 0; i < found; i++) {
        add_labels(resp->events[i]);
        TRY(add_changes(c, pg_get_text(rows, (int) i, "_changes"), resp->events[i]));
        if (!page_takes(&bytes, &resp->events[i]->base))
            break;
        resp->n_events++;
    }
    return NULL;
}

bh_err *task_store_history(bh_call *c, const Bh__ListTaskEventsRequest *req, Bh__ListTaskEventsResponse *resp) {
    uuid id;
    TRY(field_uuid(c, "task_id", req->task_id, &id));
    int32_t size, after;
    TRY(page_after(c, req->page_size, req->page_token, &size, &after));
    pg_rows rows;
    TRY(pg_call(c, &task_sql[TASK_SQL_HISTORY], &rows, pg_int(c->site_id), pg_uuid(&id), pg_int(c->who.unit_id),
                pg_int(c->who.post), pg_int(c->who.leader_id), pg_int(after), pg_int(size)));
    if (!rows.count && !after)
        return bh_fail(c, NOT_FOUND_OBJECT, req->task_id);
    TRY(add_events(c, &rows, resp));
    size_t n = resp->n_events;
    bool has_more = n < (size_t) rows.count || rows.count == size;
    resp->next_page_token = page_token(c, has_more, n ? resp->events[n - 1]->version : 0);
    return NULL;
}
