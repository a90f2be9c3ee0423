#include <string.h>

#include "audit_log.h"
#include "cell.h"
#include "cmd.h"
#include "disk.h"
#include "domain/leaf.h"
#include "domain/verify.h"
#include "fill.h"
#include "label.h"
#include "list.h"
#include "names.h"
#include "out.h"
#include "table.h"

static void show_head(app *a, const log_head *head) {
    Bh__TreeHead message = BH__TREE_HEAD__INIT;
    message.origin = (char *) head->origin;
    message.size = (int64_t) head->size;
    message.root = (ProtobufCBinaryData){ SHA256_SIZE, (uint8_t *) head->root.b };
    message.time_ms = head->time_ms;
    if (a->out == OUT_JSON) {
        out_record(a, &message.base);
        return;
    }
    table t;
    table_init(a, &t, 4, 1);
    table_add(a, &t, 0, 0, cell_header(a, "origin"));
    table_add(a, &t, 0, 1, SAY(a, "条目数", "entries"));
    table_add(a, &t, 0, 2, cell_header(a, "time_ms"));
    table_add(a, &t, 0, 3, cell_header(a, "root"));
    table_add(a, &t, 1, 0, head->origin);
    table_add(a, &t, 1, 1, arena_printf(a->call->mem, "%llu", (unsigned long long) head->size));
    table_add(a, &t, 1, 2, cell_text(a, &message.base, "time_ms"));
    table_add(a, &t, 1, 3, hex(a->call->mem, head->root.b, sizeof(head->root.b)));
    table_show(a, &t);
}

/* -- head -- */

bh_err *cmd_audit_head(app *a, UNUSED const verb *v) {
    const char *path = args_get(&a->args, "save");
    log_head head;
    TRY(audit_log_head(a, &head));
    TRY(audit_log_blocks(a, &head));
    show_head(a, &head);
    if (!path)
        return NULL;
    buf text;
    buf_init(&text, a->call->mem);
    head_write(&text, &head);
    TRY(disk_write(a, path, text.s));
    out_note(SAY(a, "树头已存入 %s；请保存在本系统之外。", "The tree head is in %s; keep it outside this system."),
             path);
    return NULL;
}

/* -- verify -- */

static bh_err *read_kept(app *a, const char *path, log_head *ret_head) {
    char *text;
    size_t n;
    TRY(disk_read(a, path, &text, &n));
    return head_parse(a->call->mem, text, n, ret_head) ? NULL : bh_fail(a->call, HEAD_UNREADABLE, path);
}

static void visit(void *data, arena *page, const Bh__Entry *entry) {
    merkle_hash stored = { 0 };
    (void) audit_log_hash(&entry->leaf_hash, &stored);
    verify_entry(data, page, (uint64_t) entry->entry_index, entry->leaf.data, entry->leaf.len, &stored);
}

static bh_err *conclude(app *a, verifier *v, const log_head *served, bool has_kept) {
    size_t n;
    bh_err *const *errors = verify_finish(v, &n);
    for (size_t i = 1; i < n; i++)
        out_note("%s", SAY(a, errors[i]->zh, errors[i]->en));
    if (n)
        return errors[0];
    show_head(a, served);
    if (has_kept)
        out_note(SAY(a, "%llu 条全部核验无误。", "All %llu entries are intact."), (unsigned long long) served->size);
    else
        out_note(SAY(a, "%llu 条自身一致；没有 --head 就无法发现前后一致的重建或截尾。",
                     "The %llu entries agree with themselves; without --head nobody can see whether all was rebuilt or "
                     "cut."),
                 (unsigned long long) served->size);
    return NULL;
}

bh_err *cmd_audit_verify(app *a, UNUSED const verb *v) {
    const char *path = args_get(&a->args, "head");
    log_head served, kept;
    if (path)
        TRY(read_kept(a, path, &kept));
    TRY(audit_log_check_reader(a));
    TRY(audit_log_head(a, &served));
    verifier *check = verify_begin(a->call, &served, path ? &kept : NULL);
    TRY(audit_log_read(a, 0, served.size, visit, check));
    return conclude(a, check, &served, path != NULL);
}

/* -- list -- */

static const char *const columns[] = { "entry_index", "time_ms", "action", "object", "version",
                                       "user_id",     "unit_id", "post",   "note" };
/* People read names. */
static const char *const columns_named[] = { "entry_index", "time_ms",   "action", "object", "version",
                                             "user_name",   "unit_name", "post",   "note" };

/* Entries as rows of a table. */
typedef struct rows {
    app *a;
    table t;
    size_t n;
    names known; /* for people; programs get the numbers */
} rows;

static void add_cells(rows *r, const char *const *cells) {
    for (size_t i = 0; i < countof(columns); i++)
        table_add(r->a, &r->t, r->n, i, cells[i]);
}

static const char *number(app *a, int64_t value) {
    return arena_printf(a->call->mem, "%lld", (long long) value);
}

static const char *who(const rows *r, const char *(*name_of)(app *a, const names *known, int32_t id), int32_t id) {
    return r->a->out == OUT_TABLE ? name_of(r->a, &r->known, id) : number(r->a, id);
}

static const char *post_of(app *a, int32_t post) {
    return a->out == OUT_TABLE ? label_of(&bh__post__descriptor, post, a->is_english) : number(a, post);
}

/* Who may not see the object sees that there is an entry, no more. Bytes that are no entry were tampered with. */
static void add_without_bytes(rows *r, const Bh__Entry *entry) {
    const char *why =
        entry->leaf.len ? SAY(r->a, "（无法解析）", "(unreadable)") : SAY(r->a, "（不可见）", "(not shown)");
    r->n++;
    add_cells(r, (const char *[]){ number(r->a, entry->entry_index), "", why, "", "", "", "", "", "" });
}

static void add_entry(void *data, UNUSED arena *page, const Bh__Entry *entry) {
    rows *r = data;
    app *a = r->a;
    leaf l;
    uint8_t previous[SHA256_SIZE];
    if (!leaf_parse(a->call->mem, entry->leaf.data, entry->leaf.len, &l, previous))
        return add_without_bytes(r, entry);
    Bh__TreeHead time = BH__TREE_HEAD__INIT;
    time.time_ms = l.time_ms;
    r->n++;
    add_cells(r, (const char *[]){ number(a, entry->entry_index), cell_text(a, &time.base, "time_ms"), l.action,
                                   arena_printf(a->call->mem, "%s/%s", l.object_type, l.object_id),
                                   number(a, l.version), who(r, names_user, l.user_id), who(r, names_unit, l.unit_id),
                                   post_of(a, l.post), l.note });
}

static bh_err *list_object(app *a, const char *object, size_t limit, rows *r) {
    const char *slash = strchr(object, '/');
    if (!slash)
        return bh_fail(a->call, OPTION_BAD, "object", object, "TYPE/ID");
    Bh__ListObjectEntriesRequest request = BH__LIST_OBJECT_ENTRIES_REQUEST__INIT;
    ProtobufCMessage *answer;
    request.object_type = arena_strndup(a->call->mem, object, (size_t) (slash - object));
    request.object_id = arena_strdup(a->call->mem, slash + 1);
    request.page_size = (int32_t) (limit < 2000 ? limit : 2000);
    TRY(remote_call(a, (remote_method){ &bh__audit_service__descriptor, "ListObjectEntries" }, &request.base, &answer));
    const Bh__ListObjectEntriesResponse *list = (Bh__ListObjectEntriesResponse *) answer;
    for (size_t i = 0; i < list->n_entries; i++)
        add_entry(r, a->call->mem, list->entries[i]);
    return NULL;
}

static bh_err *list_log(app *a, size_t limit, rows *r) {
    int32_t first = 0;
    const char *text = args_get(&a->args, "first");
    log_head head;
    if (text)
        TRY(fill_number(a, "first", text, 0, &first));
    TRY(audit_log_head(a, &head));
    uint64_t end = (uint64_t) first + limit < head.size ? (uint64_t) first + limit : head.size;
    return audit_log_read(a, (uint64_t) first, end, add_entry, r);
}

bh_err *cmd_audit_list(app *a, UNUSED const verb *v) {
    const char *object = args_get(&a->args, "object");
    rows r = { .a = a };
    size_t limit;
    TRY(list_limit(a, &limit));
    if (a->out == OUT_TABLE)
        TRY(names_load(a, &r.known));
    table_init(a, &r.t, countof(columns), limit);
    for (size_t i = 0; i < countof(columns); i++)
        table_add(a, &r.t, 0, i, cell_header(a, (a->out == OUT_TABLE ? columns_named : columns)[i]));
    TRY(object ? list_object(a, object, limit, &r) : list_log(a, limit, &r));
    r.t.rows = r.n + 1;
    table_show(a, &r.t);
    return NULL;
}

/* -- proof -- */

static void add_hash(app *a, table *t, size_t row, const char *name, const ProtobufCBinaryData *hash) {
    table_add(a, t, row, 0, name);
    table_add(a, t, row, 1, hex(a->call->mem, hash->data, hash->len));
}

bh_err *cmd_audit_proof(app *a, UNUSED const verb *v) {
    int32_t index;
    Bh__GetInclusionProofResponse *proof;
    TRY(fill_number(a, "entry", args_get(&a->args, "entry"), 0, &index));
    TRY(audit_log_prove(a, index, &proof));
    if (a->out == OUT_JSON) {
        out_record(a, &proof->base);
        return NULL;
    }
    table t;
    table_init(a, &t, 2, proof->n_hashes + 2);
    table_add(a, &t, 0, 0, SAY(a, "节点", "node"));
    table_add(a, &t, 0, 1, "SHA-256");
    add_hash(a, &t, 1, SAY(a, "条目", "entry"), &proof->entry->leaf_hash);
    for (size_t i = 0; i < proof->n_hashes; i++)
        add_hash(a, &t, i + 2, SAY(a, "旁支", "sibling"), &proof->hashes[i]);
    add_hash(a, &t, proof->n_hashes + 2, cell_header(a, "root"), &proof->head->root);
    table_show(a, &t);
    return NULL;
}
