#include "audit_log.h"

#include <string.h>

#include "progress.h"
#include "remote.h"

enum { PAGE_MEMORY_MAX = 64 << 20, ENTRIES_A_PAGE = 2000, BLOCKS_A_PAGE = 8000 };

#define AUDIT(name)                          \
    (remote_method) {                        \
        &bh__audit_service__descriptor, name \
    }

bool audit_log_hash(const ProtobufCBinaryData *bytes, merkle_hash *ret_hash) {
    if (bytes->len != sizeof(ret_hash->b))
        return false;
    memcpy(ret_hash->b, bytes->data, sizeof(ret_hash->b));
    return true;
}

/* An answer that is no answer to the question. */
static bh_err *fail_answer(app *a) {
    return bh_fail(a->call, ANSWER_UNREADABLE, "AuditService");
}

/* -- heads and blocks -- */

bh_err *audit_log_head(app *a, log_head *ret_head) {
    Bh__GetTreeHeadRequest request = BH__GET_TREE_HEAD_REQUEST__INIT;
    ProtobufCMessage *answer;
    TRY(remote_call(a, AUDIT("GetTreeHead"), &request.base, &answer));
    const Bh__TreeHead *head = ((Bh__GetTreeHeadResponse *) answer)->head;
    if (!head || head->size < 0 || !*head->origin || strlen(head->origin) > HEAD_ORIGIN_MAX)
        return fail_answer(a);
    *ret_head = (log_head){ .origin = head->origin, .size = (uint64_t) head->size, .time_ms = head->time_ms };
    return audit_log_hash(&head->root, &ret_head->root) ? NULL : fail_answer(a);
}

static bh_err *read_blocks(app *a, size_t first, size_t end, merkle_hash *ret_blocks, size_t *ret_n) {
    Bh__ListBlockHashesRequest request = BH__LIST_BLOCK_HASHES_REQUEST__INIT;
    ProtobufCMessage *answer;
    request.first_block = (int64_t) first;
    request.page_size = BLOCKS_A_PAGE;
    TRY(remote_call(a, AUDIT("ListBlockHashes"), &request.base, &answer));
    const Bh__ListBlockHashesResponse *page = (Bh__ListBlockHashesResponse *) answer;
    *ret_n = page->n_hashes < end - first ? page->n_hashes : end - first;
    for (size_t i = 0; i < *ret_n; i++)
        if (!audit_log_hash(&page->hashes[i], &ret_blocks[first + i]))
            return fail_answer(a);
    return NULL;
}

static bh_err *read_proof(app *a, int64_t index, uint64_t size, Bh__GetInclusionProofResponse **ret_proof) {
    Bh__GetInclusionProofRequest request = BH__GET_INCLUSION_PROOF_REQUEST__INIT;
    ProtobufCMessage *answer;
    request.entry_index = index;
    request.tree_size = (int64_t) size;
    TRY(remote_call(a, AUDIT("GetInclusionProof"), &request.base, &answer));
    *ret_proof = (Bh__GetInclusionProofResponse *) answer;
    return (*ret_proof)->entry && (*ret_proof)->head && (*ret_proof)->n_hashes <= MERKLE_HEIGHTS ? NULL
                                                                                                 : fail_answer(a);
}

static bh_err *read_path(app *a, const Bh__GetInclusionProofResponse *proof, merkle_hash *ret_leaf,
                         merkle_hash ret_path[MERKLE_HEIGHTS]) {
    if (!audit_log_hash(&proof->entry->leaf_hash, ret_leaf))
        return fail_answer(a);
    for (size_t i = 0; i < proof->n_hashes; i++)
        if (!audit_log_hash(&proof->hashes[i], &ret_path[i]))
            return fail_answer(a);
    return NULL;
}

static bh_err *check_blocks(app *a, const log_head *head) {
    Bh__GetInclusionProofResponse *proof;
    merkle_hash last, path[MERKLE_HEIGHTS];
    TRY(read_proof(a, (int64_t) head->size - 1, head->size, &proof));
    TRY(read_path(a, proof, &last, path));
    return head_fits(head, &last, path, proof->n_hashes) ? NULL : bh_fail(a->call, LOG_TREE);
}

bh_err *audit_log_blocks(app *a, log_head *head) {
    size_t count = head->size / MERKLE_BLOCK, n = 0, more = 1;
    if (count > HEAD_BLOCKS_MAX)
        return fail_answer(a);
    merkle_hash *blocks = arena_array(a->call->mem, count, sizeof(*blocks));
    for (; n < count && more; n += more)
        TRY(read_blocks(a, n, count, blocks, &more));
    if (n < count)
        return bh_fail(a->call, LOG_TREE);
    head->blocks = blocks;
    head->block_count = count;
    return head->size ? check_blocks(a, head) : NULL;
}

bh_err *audit_log_prove(app *a, int64_t index, Bh__GetInclusionProofResponse **ret_proof) {
    log_head head;
    merkle_hash last, path[MERKLE_HEIGHTS];
    TRY(audit_log_head(a, &head));
    TRY(read_proof(a, index, head.size, ret_proof));
    TRY(read_path(a, *ret_proof, &last, path));
    bool leads = merkle_verify(&last, (uint64_t) index, head.size, path, (*ret_proof)->n_hashes, &head.root);
    return leads ? NULL : bh_fail(a->call, LOG_TREE);
}

/* -- entries -- */

static void release(void *mem) {
    arena_free(mem);
}

bh_err *audit_log_check_reader(app *a) {
    Bh__ListEntriesRequest request = BH__LIST_ENTRIES_REQUEST__INIT;
    ProtobufCMessage *answer;
    request.page_size = 1;
    TRY(remote_call(a, AUDIT("ListEntries"), &request.base, &answer));
    if (((Bh__ListEntriesResponse *) answer)->is_partial)
        return bh_fail(a->call, READ_REFUSED,
                       SAY(a, "全部审计条目，核验须由审计人进行", "every entry; an auditor verifies"));
    return NULL;
}

/* A page has memory of its own, so that a long log fits; an error keeps it. */
static bh_err *read_page(app *a, uint64_t first, uint64_t end, audit_log_visit *visit, void *data, uint64_t *ret_next) {
    bh_call call = *a->call;
    app page = *a;
    call.mem = arena_new(PAGE_MEMORY_MAX);
    page.call = &call;
    Bh__ListEntriesRequest request = BH__LIST_ENTRIES_REQUEST__INIT;
    request.first_index = (int64_t) first;
    request.page_size = (int32_t) (end - first < ENTRIES_A_PAGE ? end - first : ENTRIES_A_PAGE);
    ProtobufCMessage *answer;
    bh_err *e = remote_call(&page, AUDIT("ListEntries"), &request.base, &answer);
    a->curl = page.curl;
    if (e) {
        arena_defer(a->call->mem, release, call.mem);
        return e;
    }
    const Bh__ListEntriesResponse *list = (Bh__ListEntriesResponse *) answer;
    *ret_next = end;
    for (size_t i = 0; i < list->n_entries; i++) {
        visit(data, call.mem, list->entries[i]);
        *ret_next = (uint64_t) list->entries[i]->entry_index + 1;
    }
    arena_free(call.mem);
    return NULL;
}

bh_err *audit_log_read(app *a, uint64_t first, uint64_t end, audit_log_visit *visit, void *data) {
    progress p;
    progress_begin(&p, end > first ? end - first : 0);
    for (uint64_t next; first < end; first = next) {
        bh_err *e = read_page(a, first, end, visit, data, &next);
        if (e || next <= first) {
            progress_end(&p);
            return e ? e : fail_answer(a);
        }
        progress_step(&p, next - first);
    }
    progress_end(&p);
    return NULL;
}
