#include "store.h"

#include <string.h>

#include "audit_sql.h"
#include "domain/leaf.h"
#include "domain/task.h"
#include "service/page.h"

static const char *number(bh_call *c, int64_t value) {
    return arena_printf(c->mem, "%lld", (long long) value);
}

static pg_value hashes_value(const merkle_hash *hashes, size_t n) {
    return pg_bytes(hashes, n * sizeof(*hashes));
}

/* -- the tree and the queue -- */

static void load_tree(const pg_rows *rows, tree *ret_tree) {
    size_t edge_size, root_size;
    const uint8_t *edge = pg_get_bytes(rows, 0, "edge", &edge_size);
    const uint8_t *root = pg_get_bytes(rows, 0, "root", &root_size);
    uint64_t size = (uint64_t) pg_get_int(rows, 0, "size");
    memcpy(ret_tree->root.b, root, sizeof(ret_tree->root.b));
    ret_tree->is_sound = merkle_edge_load(&ret_tree->edge, size, edge, edge_size / sizeof(merkle_hash));
    if (!ret_tree->is_sound)
        return;
    merkle_hash expected = merkle_root(&ret_tree->edge);
    ret_tree->is_sound = memcmp(expected.b, root, sizeof(expected.b)) == 0;
}

bh_err *store_tree(bh_call *c, tree *ret_tree) {
    pg_rows rows;
    TRY(pg_call(c, &audit_sql[AUDIT_SQL_TREE], &rows, pg_int(c->site_id)));
    if (rows.count == 0)
        return bh_fail(c, NOT_FOUND_OBJECT, "log");
    load_tree(&rows, ret_tree);
    ret_tree->origin = pg_get_text(&rows, 0, "origin");
    ret_tree->time_ms = pg_get_int(&rows, 0, "time_ms");
    return NULL;
}

bh_err *store_sound_tree(bh_call *c, tree *ret_tree) {
    TRY(store_tree(c, ret_tree));
    return ret_tree->is_sound ? NULL : bh_fail(c, AUDIT_TREE_DAMAGED);
}

bh_err *store_count_pending(bh_call *c, int32_t most, int64_t *ret_n) {
    pg_rows rows;
    TRY(pg_call(c, &audit_sql[AUDIT_SQL_COUNT_PENDING], &rows, pg_int(c->site_id), pg_int(most)));
    *ret_n = pg_get_int(&rows, 0, "n");
    return NULL;
}

bh_err *store_take(bh_call *c, int32_t most, pending **ret_entries, size_t *ret_n) {
    pg_rows rows;
    TRY(pg_call(c, &audit_sql[AUDIT_SQL_TAKE], &rows, pg_int(c->site_id), pg_int(most)));
    pending *entries = arena_array(c->mem, (size_t) rows.count, sizeof(*entries));
    for (int i = 0; i < rows.count; i++) {
        entries[i].id = pg_get_text(&rows, i, "id");
        entries[i].leaf = pg_get_bytes(&rows, i, "leaf", &entries[i].size);
    }
    *ret_entries = entries;
    *ret_n = (size_t) rows.count;
    return NULL;
}

bh_err *store_integrate(bh_call *c, const batch *b, bool *ret_done) {
    merkle_hash edge[MERKLE_HEIGHTS], root = merkle_root(&b->after);
    size_t edge_count = merkle_edge_hashes(&b->after, edge);
    pg_rows rows;
    TRY(pg_call(c, &audit_sql[AUDIT_SQL_INTEGRATE], &rows, pg_int(c->site_id), pg_int((int64_t) b->before->edge.size),
                hashes_value(&b->before->root, 1), hashes_value(&root, 1), hashes_value(edge, edge_count),
                pg_int(c->now_ms), pg_texts(b->ids, b->n), hashes_value(b->hashes, b->n),
                pg_texts(b->object_types, b->n), pg_texts(b->object_ids, b->n), pg_ints(b->versions, b->n),
                pg_ints(b->heights, b->subtree_count), pg_texts(b->places, b->subtree_count),
                hashes_value(b->subtrees, b->subtree_count)));
    *ret_done = rows.count == 1;
    return NULL;
}

/* -- pages -- */

bool store_reads_all(const bh_call *c) {
    return c->who.post == POST_AUDITOR;
}

/* The first arguments of every list of entries. */
#define READER(c)                                                                                       \
    pg_int((c)->site_id), pg_bool(store_reads_all(c)), pg_int((c)->who.unit_id), pg_int((c)->who.post), \
        pg_int((c)->who.leader_id)

bh_err *store_list_entries(bh_call *c, int64_t first, int32_t page_size, Bh__Entry ***ret_entries, size_t *ret_n) {
    pg_rows rows;
    TRY(pg_call(c, &audit_sql[AUDIT_SQL_LIST_ENTRIES], &rows, READER(c), pg_int(first), pg_int(page_size)));
    *ret_entries = pg_fill_all(c, &rows, &bh__entry__descriptor, ret_n);
    page_cut(*ret_entries, ret_n, page_size);
    return NULL;
}

bh_err *store_list_object_entries(bh_call *c, const Bh__ListObjectEntriesRequest *req, int32_t page_size,
                                  Bh__ListObjectEntriesResponse *resp) {
    pg_rows rows;
    TRY(pg_call(c, &audit_sql[AUDIT_SQL_LIST_OBJECT_ENTRIES], &rows, READER(c), pg_text(req->object_type),
                pg_text(req->object_id), pg_int(req->first_version), pg_int(page_size)));
    resp->entries = pg_fill_all(c, &rows, &bh__entry__descriptor, &resp->n_entries);
    page_cut(resp->entries, &resp->n_entries, page_size);
    return NULL;
}

bh_err *store_list_blocks(bh_call *c, int64_t first, int32_t page_size, Bh__ListBlockHashesResponse *resp) {
    pg_rows rows;
    TRY(pg_call(c, &audit_sql[AUDIT_SQL_LIST_BLOCKS], &rows, pg_int(c->site_id), pg_int(first), pg_int(page_size)));
    resp->n_hashes = (size_t) rows.count;
    resp->hashes = arena_array(c->mem, resp->n_hashes, sizeof(*resp->hashes));
    for (int i = 0; i < rows.count; i++)
        resp->hashes[i].data = (uint8_t *) pg_get_bytes(&rows, i, "hash", &resp->hashes[i].len);
    return NULL;
}

/* Bytes that are no leaf are the verifier's matter; the change is told without what they would say. */
static void fill_from_leaf(bh_call *c, const pg_rows *rows, int row, Bh__Change *change) {
    size_t size;
    leaf said;
    uint8_t previous[SHA256_SIZE];
    const uint8_t *bytes = pg_get_bytes(rows, row, "_leaf", &size);
    if (!leaf_parse(c->mem, bytes, size, &said, previous))
        return;
    change->time_ms = said.time_ms;
    change->action = (char *) (uintptr_t) said.action;
    change->user_id = said.user_id;
    change->unit_id = said.unit_id;
}

bh_err *store_list_changes(bh_call *c, int64_t first, int64_t end, Bh__WatchChangesResponse *resp) {
    pg_rows rows;
    TRY(pg_call(c, &audit_sql[AUDIT_SQL_LIST_CHANGES], &rows, READER(c), pg_int(first), pg_int(end)));
    resp->changes = pg_fill_all(c, &rows, &bh__change__descriptor, &resp->n_changes);
    for (int i = 0; i < rows.count; i++)
        fill_from_leaf(c, &rows, i, resp->changes[i]);
    return NULL;
}

/* -- proofs -- */

bh_err *store_runs(bh_call *c, const merkle_run *runs, size_t n, const merkle_hash **ret_hashes) {
    int32_t heights[MERKLE_RUNS_MAX], counts[MERKLE_RUNS_MAX];
    const char *firsts[MERKLE_RUNS_MAX];
    for (size_t i = 0; i < n; i++) {
        heights[i] = runs[i].height;
        counts[i] = (int32_t) runs[i].n;
        firsts[i] = number(c, (int64_t) runs[i].first);
    }
    pg_rows rows;
    TRY(pg_call(c, &audit_sql[AUDIT_SQL_RUNS], &rows, pg_int(c->site_id), pg_ints(heights, n), pg_texts(firsts, n),
                pg_ints(counts, n)));
    for (size_t i = 0; i < n; i++) {
        size_t size;
        ret_hashes[i] = (const merkle_hash *) pg_get_bytes(&rows, (int) i, "hashes", &size);
        if (size != runs[i].n * sizeof(merkle_hash))
            return bh_fail(c, AUDIT_TREE_DAMAGED);
    }
    return NULL;
}
