#include "handlers.h"

#include <string.h>

#include "audit_sql.h"
#include "domain/task.h"
#include "rpc/server.h"
#include "sequencer.h"
#include "service/field.h"
#include "store.h"
#include "watch.h"

enum {
    ENTRIES_MAX = 2000,
    ENTRIES_DEFAULT = 500,
    BLOCKS_MAX = 8000,
    BLOCKS_DEFAULT = 1000,
    PENDING_COUNTED_MAX = 100000,
};

static bh_err *page_size(bh_call *c, int32_t asked, int32_t otherwise, int32_t most, int32_t *ret_size) {
    TRY(field_range(c, "page_size", asked, 0, most));
    *ret_size = asked ? asked : otherwise;
    return NULL;
}

static ProtobufCBinaryData bytes_of(bh_call *c, const merkle_hash *hash) {
    return (ProtobufCBinaryData){ SHA256_SIZE, arena_memdup(c->mem, hash->b, SHA256_SIZE) };
}

static Bh__TreeHead *head_of(bh_call *c, const tree *t, uint64_t size, const merkle_hash *root) {
    Bh__TreeHead *head = arena_alloc(c->mem, sizeof(*head));
    bh__tree_head__init(head);
    head->origin = (char *) t->origin;
    head->size = (int64_t) size;
    head->root = bytes_of(c, root);
    head->time_ms = t->time_ms;
    return head;
}

/* Sound or not: a verifier must see what is claimed. */
BH_RPC(AuditService, get_tree_head, GetTreeHeadRequest, GetTreeHeadResponse) {
    tree t;
    TRY(store_tree(c, &t));
    resp->head = head_of(c, &t, t.edge.size, &t.root);
    return store_count_pending(c, PENDING_COUNTED_MAX, &resp->pending_count);
}

BH_RPC(AuditService, list_entries, ListEntriesRequest, ListEntriesResponse) {
    int32_t size;
    TRY(page_size(c, req->page_size, ENTRIES_DEFAULT, ENTRIES_MAX, &size));
    resp->is_partial = !store_reads_all(c);
    return store_list_entries(c, req->first_index, size, &resp->entries, &resp->n_entries);
}

BH_RPC(AuditService, list_object_entries, ListObjectEntriesRequest, ListObjectEntriesResponse) {
    int32_t size;
    TRY(page_size(c, req->page_size, ENTRIES_DEFAULT, ENTRIES_MAX, &size));
    return store_list_object_entries(c, req, size, resp);
}

BH_RPC(AuditService, list_block_hashes, ListBlockHashesRequest, ListBlockHashesResponse) {
    int32_t size;
    TRY(page_size(c, req->page_size, BLOCKS_DEFAULT, BLOCKS_MAX, &size));
    return store_list_blocks(c, req->first_block, size, resp);
}

/* -- proofs -- */

static bh_err *check_place(bh_call *c, const Bh__GetInclusionProofRequest *req, uint64_t newest) {
    TRY(field_range(c, "tree_size", req->tree_size, 0, (int64_t) newest));
    uint64_t size = req->tree_size ? (uint64_t) req->tree_size : newest;
    if (req->entry_index < 0 || (uint64_t) req->entry_index >= size)
        return bh_fail(c, NOT_FOUND_OBJECT, arena_printf(c->mem, "entry %lld", (long long) req->entry_index));
    return NULL;
}

static bh_err *read_entry(bh_call *c, int64_t index, Bh__Entry **ret_entry) {
    Bh__Entry **entries;
    size_t n;
    TRY(store_list_entries(c, index, 1, &entries, &n));
    if (n == 0 || entries[0]->entry_index != index || entries[0]->leaf_hash.len != SHA256_SIZE)
        return bh_fail(c, AUDIT_TREE_DAMAGED);
    *ret_entry = entries[0];
    return NULL;
}

static bh_err *read_path(bh_call *c, uint64_t index, uint64_t size, merkle_hash *ret_path, size_t *ret_n) {
    merkle_run runs[MERKLE_RUNS_MAX];
    const merkle_hash *hashes[MERKLE_RUNS_MAX];
    size_t n = merkle_plan(index, size, runs);
    TRY(store_runs(c, runs, n, hashes));
    *ret_n = merkle_proof(runs, n, hashes, ret_path);
    return NULL;
}

static bh_err *prove(bh_call *c, const tree *t, uint64_t size, Bh__GetInclusionProofResponse *resp) {
    merkle_hash path[MERKLE_HEIGHTS], from, root;
    uint64_t index = (uint64_t) resp->entry->entry_index;
    TRY(read_path(c, index, size, path, &resp->n_hashes));
    memcpy(from.b, resp->entry->leaf_hash.data, sizeof(from.b));
    bool leads = merkle_lead(&from, index, size, path, resp->n_hashes, &root);
    if (!leads || (size == t->edge.size && memcmp(root.b, t->root.b, sizeof(root.b)) != 0))
        return bh_fail(c, AUDIT_TREE_DAMAGED);
    resp->head = head_of(c, t, size, &root);
    resp->hashes = arena_array(c->mem, resp->n_hashes, sizeof(*resp->hashes));
    for (size_t i = 0; i < resp->n_hashes; i++)
        resp->hashes[i] = bytes_of(c, &path[i]);
    return NULL;
}

BH_RPC(AuditService, get_inclusion_proof, GetInclusionProofRequest, GetInclusionProofResponse) {
    tree t;
    TRY(store_sound_tree(c, &t));
    TRY(check_place(c, req, t.edge.size));
    TRY(read_entry(c, req->entry_index, &resp->entry));
    return prove(c, &t, req->tree_size ? (uint64_t) req->tree_size : t.edge.size, resp);
}

/* -- changes -- */

BH_RPC_STREAM(AuditService, watch_changes, WatchChangesRequest, WatchChangesResponse) {
    return watch_step(c, req, resp, ret_step);
}

/* -- the service -- */

enum { READERS = POST_BIT(AUDITOR) | POST_BIT(DRAFTER) | POST_BIT(VERIFIER) | POST_BIT(OFFICE_HEAD) };

static const rpc_rule rules[] = {
    { "GetTreeHead", RPC_USER, 0 },
    { "ListEntries", RPC_USER, READERS },
    { "ListObjectEntries", RPC_USER, READERS },
    { "GetInclusionProof", RPC_USER, 0 },
    { "ListBlockHashes", RPC_USER, 0 },
    { "WatchChanges", RPC_USER, 0 },
};

static Bh__AuditService_Service vtable = BH__AUDIT_SERVICE__INIT(rpc_);
static const rpc_service rpc = {
    .vtable = &vtable.base, .rules = rules, .rule_count = countof(rules), .refuse_post = posts_refusal
};

static bh_err *sequence(bh_call *c, service_runtime *runtime, bool *ret_again) {
    int64_t size;
    TRY(sequencer_run(c, &size, ret_again));
    if (watch_tell(size))
        rpc_server_wake(runtime->server);
    return NULL;
}

static const service_job jobs[] = { { "sequencer", SEQUENCER_INTERVAL_MS, sequence } };

const bh_service audit_service = {
    .name = "audit",
    .rpc = &rpc,
    .statements = audit_sql,
    .statement_count = AUDIT_SQL_COUNT,
    .hold_place = &audit_sql[AUDIT_SQL_HOLD_PLACE],
    .jobs = jobs,
    .job_count = countof(jobs),
};
