#include <stdio.h>
#include <string.h>

#include "audit_log.h"
#include "base/json_writer.h"
#include "cell.h"
#include "cmd.h"
#include "domain/leaf.h"
#include "fill.h"
#include "label.h"
#include "list.h"
#include "names.h"
#include "out.h"
#include "ref.h"
#include "table.h"

enum { OBJECT_PAGE = 2000 };

/* An entry as far as the caller may see it. */
typedef struct row {
    int64_t index;
    const char *access; /* SHOWN; NOT_SHOWN to whoever may not see its object; UNREADABLE: bytes that are no entry */
    leaf l;             /* empty unless shown */
} row;

typedef struct rows {
    row at[LIST_MAX];
    size_t n;
    app *a;
} rows;

static void add_entry(void *data, UNUSED arena *page, const Bh__Entry *entry) {
    rows *r = data;
    row *one = &r->at[r->n++];
    uint8_t previous[SHA256_SIZE];
    bool is_shown = leaf_parse(r->a->call->mem, entry->leaf.data, entry->leaf.len, &one->l, previous);
    one->index = entry->entry_index;
    one->access = is_shown ? "SHOWN" : entry->leaf.len ? "UNREADABLE" : "NOT_SHOWN";
    if (!is_shown)
        one->l = (leaf){ .object_type = "", .object_id = "", .action = "", .note = "" };
}

/* -- what is read -- */

static bh_err *read_object(app *a, const char *object, rows *r) {
    const char *slash = strchr(object, '/');
    if (!slash)
        return bh_fail(a->call, OPTION_BAD, "object", object, option_find("object")->meta);
    Bh__ListObjectEntriesRequest request = BH__LIST_OBJECT_ENTRIES_REQUEST__INIT;
    const Bh__ListObjectEntriesResponse *list;
    request.object_type = arena_strndup(a->call->mem, object, (size_t) (slash - object));
    const char *object_id = slash + 1;
    if (strcmp(request.object_type, "task") == 0)
        TRY(ref_task(a, object_id, &object_id));
    request.object_id = arena_strdup(a->call->mem, object_id);
    request.page_size = OBJECT_PAGE;
    const remote_method method = { &bh__audit_service__descriptor, "ListObjectEntries" };
    do {
        TRY(remote_call(a, method, &request.base, (ProtobufCMessage **) &list));
        for (size_t i = 0; i < list->n_entries && r->n < LIST_MAX; i++)
            add_entry(r, a->call->mem, list->entries[i]);
        request.first_version = r->n ? r->at[r->n - 1].l.version + 1 : 0;
    } while (list->n_entries && request.first_version > 1 && r->n < LIST_MAX); /* the server may cut a page by bytes */
    return NULL;
}

/* The part of [first, size) that is shown: `limit` entries from its beginning, or up to its end. */
static bh_err *read_log(app *a, size_t limit, bool is_newest, rows *r) {
    int64_t from = 0;
    const char *text = args_get(&a->args, "first");
    log_head head;
    if (text)
        TRY(app_index(a, "first", text, &from));
    TRY(audit_log_head(a, &head));
    uint64_t first = (uint64_t) from, end = head.size;
    bool has_more = end > first && end - first > limit;
    if (has_more && is_newest)
        first = end - limit;
    else if (has_more)
        end = first + limit;
    TRY(audit_log_read(a, first, end, add_entry, r));
    if (has_more)
        list_note_more(a, limit);
    return NULL;
}

/* What is left of an object's entries is the same end of them as of the log's. */
static void keep(app *a, size_t limit, bool is_newest, rows *r) {
    if (r->n <= limit)
        return;
    if (is_newest)
        memmove(r->at, &r->at[r->n - limit], limit * sizeof(row));
    r->n = limit;
    list_note_more(a, limit);
}

static void turn_round(rows *r) {
    for (size_t i = 0; i < r->n / 2; i++) {
        row one = r->at[i];
        r->at[i] = r->at[r->n - 1 - i];
        r->at[r->n - 1 - i] = one;
    }
}

/* -- how it is shown -- */

static const char *number(app *a, int64_t value) {
    return value ? arena_printf(a->call->mem, "%lld", (long long) value) : "";
}

static const char *object_of(app *a, const row *one) {
    return *one->l.object_type ? arena_printf(a->call->mem, "%s/%s", one->l.object_type, one->l.object_id) : "";
}

static const char *time_of(app *a, const row *one) {
    Bh__TreeHead time = BH__TREE_HEAD__INIT;
    time.time_ms = one->l.time_ms;
    return cell_text(a, &time.base, "time_ms");
}

/* Moves and commands by their names in the reader's language. */
static const char *action_of(app *a, const row *one) {
    if (strcmp(one->access, "SHOWN") != 0)
        return label_of_word(one->access, a->is_english);
    return label_of_action(a, one->l.object_type, one->l.action);
}

enum {
    INDEX,
    TIME,
    ACTION,
    OBJECT,
    VERSION,
    USER,
    UNIT,
    POST,
    NOTE,
    PEOPLE_COLUMNS,
    USER_ID = PEOPLE_COLUMNS,
    UNIT_ID,
    COLUMNS
};

static void add_cells(app *a, table *t, size_t at, const char *const cells[COLUMNS]) {
    for (size_t i = 0; i < t->columns; i++)
        table_add(a, t, at, i, cells[i]);
}

static void show_table(app *a, const rows *r) {
    table t;
    table_init(a, &t, a->out == OUT_CSV ? COLUMNS : PEOPLE_COLUMNS, r->n);
    const char *const heads[COLUMNS] = {
        [INDEX] = SAY(a, "序号", "entry"),         [TIME] = SAY(a, "时间", "time"),
        [ACTION] = SAY(a, "动作", "action"),       [OBJECT] = SAY(a, "对象", "object"),
        [VERSION] = SAY(a, "版本", "version"),     [USER] = SAY(a, "人员", "person"),
        [UNIT] = SAY(a, "单位", "unit"),           [POST] = SAY(a, "岗位", "post"),
        [NOTE] = SAY(a, "说明", "note"),           [USER_ID] = SAY(a, "人员编号", "user id"),
        [UNIT_ID] = SAY(a, "单位编号", "unit id"),
    };
    add_cells(a, &t, 0, heads);
    for (size_t i = 0; i < r->n; i++) {
        const row *one = &r->at[i];
        const char *const cells[COLUMNS] = {
            [INDEX] = arena_printf(a->call->mem, "%lld", (long long) one->index),
            [TIME] = time_of(a, one),
            [ACTION] = action_of(a, one),
            [OBJECT] = object_of(a, one),
            [VERSION] = number(a, one->l.version),
            [USER] = names_user(a, one->l.user_id),
            [UNIT] = names_unit(a, one->l.unit_id),
            [POST] = label_of(&bh__post__descriptor, one->l.post, a->is_english),
            [NOTE] = one->l.note,
            [USER_ID] = number(a, one->l.user_id),
            [UNIT_ID] = number(a, one->l.unit_id),
        };
        add_cells(a, &t, i + 1, cells);
    }
    table_show(a, &t);
}

/* int64 as text, as in all JSON of the contract. */
static void write_entry(app *a, json_writer *w, const row *one) {
    const ProtobufCEnumValue *post = protobuf_c_enum_descriptor_get_value(&bh__post__descriptor, one->l.post);
    jw_open_object(w, NULL);
    jw_string(w, "entry_index", arena_printf(a->call->mem, "%lld", (long long) one->index));
    jw_string(w, "access", one->access);
    jw_string(w, "time_ms", arena_printf(a->call->mem, "%lld", (long long) one->l.time_ms));
    jw_string(w, "action", one->l.action);
    jw_string(w, "object", object_of(a, one));
    jw_int(w, "version", one->l.version);
    jw_int(w, "user_id", one->l.user_id);
    jw_string(w, "user_name", names_user(a, one->l.user_id));
    jw_int(w, "unit_id", one->l.unit_id);
    jw_string(w, "unit_name", names_unit(a, one->l.unit_id));
    jw_string(w, "post", post ? post->name : "");
    jw_string(w, "note", one->l.note);
    jw_close_object(w);
}

static void show_json(app *a, const rows *r) {
    json_writer w;
    jw_init(&w, a->call->mem);
    jw_open_object(&w, NULL);
    jw_open_array(&w, "entries");
    for (size_t i = 0; i < r->n; i++)
        write_entry(a, &w, &r->at[i]);
    jw_close_array(&w);
    jw_close_object(&w);
    puts(w.out.s);
}

bh_err *cmd_audit_list(app *a, UNUSED const verb *v) {
    const char *object = args_get(&a->args, "object");
    bool is_newest = args_get(&a->args, "newest") != NULL;
    rows *r = arena_alloc(a->call->mem, sizeof(*r));
    size_t limit;
    r->a = a;
    TRY(list_limit(a, &limit));
    TRY(object ? read_object(a, object, r) : read_log(a, limit, is_newest, r));
    keep(a, limit, is_newest, r);
    if (is_newest)
        turn_round(r);
    TRY(names_load(a));
    if (a->out == OUT_JSON)
        show_json(a, r);
    else if (a->out == OUT_TABLE && !r->n)
        out_empty(a, "entries");
    else
        show_table(a, r);
    return NULL;
}
