#include <string.h>

#include "audit_log.h"
#include "cell.h"
#include "cmd.h"
#include "disk.h"
#include "domain/verify.h"
#include "fill.h"
#include "out.h"
#include "table.h"

static void show_head(app *a, const log_head *head) {
    Bh__TreeHead message = BH__TREE_HEAD__INIT;
    message.origin = (char *) head->origin;
    message.size = (int64_t) head->size;
    message.root = (ProtobufCBinaryData){ SHA256_SIZE, (uint8_t *) head->root.b };
    message.time_ms = head->time_ms;
    if (a->out == OUT_JSON)
        out_json(a, &message.base);
    else
        out_row(a, "origin size time_ms root", &message.base);
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

/* -- proof -- */

static void add_hash(app *a, table *t, size_t row, const char *name, const ProtobufCBinaryData *hash) {
    table_add(a, t, row, 0, name);
    table_add(a, t, row, 1, hex(a->call->mem, hash->data, hash->len));
}

bh_err *cmd_audit_proof(app *a, UNUSED const verb *v) {
    int64_t index;
    Bh__GetInclusionProofResponse *proof;
    TRY(app_index(a, "entry", args_get(&a->args, "entry"), &index));
    TRY(audit_log_prove(a, index, &proof));
    if (a->out == OUT_JSON) {
        out_record(a, &proof->base);
        return NULL;
    }
    table t;
    table_init(a, &t, 2, proof->n_hashes + 2);
    table_add(a, &t, 0, 0, SAY(a, "部分", "part"));
    table_add(a, &t, 0, 1, "SHA-256");
    add_hash(a, &t, 1, SAY(a, "条目", "entry"), &proof->entry->leaf_hash);
    for (size_t i = 0; i < proof->n_hashes; i++)
        add_hash(a, &t, i + 2, SAY(a, "旁支", "sibling"), &proof->hashes[i]);
    add_hash(a, &t, proof->n_hashes + 2, cell_header(a, &bh__tree_head__descriptor, "root"), &proof->head->root);
    table_show(a, &t);
    return NULL;
}
