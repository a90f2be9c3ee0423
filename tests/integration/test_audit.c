/* The log: sequencing, pages, heads and proofs, on PostgreSQL, with the rights of its own role. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "integration/audit_kit.h"

static Bh__ListEntriesResponse *entries_from(int64_t first, int32_t page_size) {
    Bh__ListEntriesRequest req = BH__LIST_ENTRIES_REQUEST__INIT;
    Bh__ListEntriesResponse *resp;
    req.first_index = first;
    req.page_size = page_size;
    assert_null(ASK(audit, "ListEntries", &auditor, req, &resp));
    return resp;
}

/* Recomputed from the stored bytes alone. */
static merkle_hash recomputed_root(void) {
    merkle_edge edge = { 0 };
    Bh__ListEntriesResponse *page;
    while ((page = entries_from((int64_t) edge.size, 2000))->n_entries)
        for (size_t i = 0; i < page->n_entries; i++) {
            merkle_hash hash;
            assert_int_equal(page->entries[i]->entry_index, edge.size);
            leaf_hash(page->entries[i]->leaf.data, page->entries[i]->leaf.len, hash.b);
            assert_memory_equal(hash.b, page->entries[i]->leaf_hash.data, SHA256_SIZE);
            merkle_append(&edge, &hash, NULL, NULL);
        }
    return merkle_root(&edge);
}

static void assert_log(int64_t size) {
    Bh__TreeHead *head = tree_head();
    merkle_hash root = recomputed_root();
    assert_int_equal(head->size, size);
    assert_memory_equal(head->root.data, root.b, SHA256_SIZE);
    assert_string_equal(desk_sql(audit, "select count(*) from audit.pending"), "0");
    assert_string_equal(desk_sql(audit, "select count(*) from audit.subtree"),
                        desk_text(audit, "%d", (int) (size / MERKLE_BLOCK)));
}

static void test_empty_log(UNUSED void **state) {
    integrate();
    assert_log(0);
    assert_int_equal(entries_from(0, 0)->n_entries, 0);
}

static void test_entries_are_integrated(UNUSED void **state) {
    append(5, 3);
    integrate();
    assert_log(3);
    append(5, 2500); /* more than two batches, and blocks that begin in one and end in the next */
    Bh__GetTreeHeadRequest req = BH__GET_TREE_HEAD_REQUEST__INIT;
    Bh__GetTreeHeadResponse *resp;
    assert_null(ASK(audit, "GetTreeHead", &auditor, req, &resp));
    assert_int_equal(resp->pending_count, 2500);
    assert_int_equal(resp->head->size, 3);
    integrate();
    assert_log(2503);
}

static void test_object_entries(UNUSED void **state) {
    append(4, 40);
    integrate();
    Bh__ListObjectEntriesRequest req = BH__LIST_OBJECT_ENTRIES_REQUEST__INIT;
    Bh__ListObjectEntriesResponse *resp;
    req.object_type = (char *) "task";
    req.object_id = (char *) "00000003-0000-7000-8000-000000000000";
    req.first_version = 4;
    req.page_size = 5;
    assert_null(ASK(audit, "ListObjectEntries", &auditor, req, &resp));
    assert_int_equal(resp->n_entries, 5);
    for (size_t i = 0; i < resp->n_entries; i++)
        assert_int_equal(resp->entries[i]->entry_index, 4 * (i + 3) + 3);
    req.page_size = 2001;
    bh_err *e = ASK(audit, "ListObjectEntries", &auditor, req, &resp);
    assert_string_equal(e->reason, "BAD_FIELD");
}

/* Large entries make a short page, not a message beyond the limit. */
static void test_page_fits_into_a_message(UNUSED void **state) {
    desk_sql(audit, "select audit.append(array_fill(1, array[1000]), "
                    "array_fill('bihuan-audit/1\\000'::bytea || decode(repeat('ab', 4000), 'hex'), array[1000]))");
    integrate();
    Bh__ListEntriesResponse *page = entries_from(0, 2000);
    assert_in_range(page->n_entries, 300, 400);
    assert_log(1000);
}

static void assert_proof(int64_t index, int64_t size, const merkle_hash *root) {
    Bh__GetInclusionProofRequest req = BH__GET_INCLUSION_PROOF_REQUEST__INIT;
    Bh__GetInclusionProofResponse *resp;
    req.entry_index = index;
    req.tree_size = size;
    assert_null(ASK(audit, "GetInclusionProof", &auditor, req, &resp));
    merkle_hash path[MERKLE_HEIGHTS], from;
    for (size_t i = 0; i < resp->n_hashes; i++)
        memcpy(path[i].b, resp->hashes[i].data, SHA256_SIZE);
    leaf_hash(resp->entry->leaf.data, resp->entry->leaf.len, from.b);
    assert_int_equal(resp->head->size, size);
    assert_memory_equal(resp->head->root.data, root->b, SHA256_SIZE);
    assert_true(merkle_verify(&from, (uint64_t) index, (uint64_t) size, path, resp->n_hashes, root));
}

static void test_proofs(UNUSED void **state) {
    static const int64_t sizes[] = { 1, 2, 255, 256, 257, 511, 700, 1024, 1300 };
    merkle_edge edge = { 0 };
    append(7, 1300);
    integrate();
    Bh__ListEntriesResponse *all = entries_from(0, 2000);
    size_t next = 0;
    for (size_t i = 0; i < all->n_entries; i++) {
        merkle_hash hash;
        memcpy(hash.b, all->entries[i]->leaf_hash.data, SHA256_SIZE);
        merkle_append(&edge, &hash, NULL, NULL);
        if ((int64_t) edge.size != sizes[next])
            continue;
        merkle_hash root = merkle_root(&edge);
        for (int64_t index = 0; index < sizes[next]; index += 1 + sizes[next] / 9)
            assert_proof(index, sizes[next], &root);
        assert_proof(sizes[next] - 1, sizes[next], &root);
        next++;
    }
    assert_int_equal(next, countof(sizes));
}

static void test_proofs_that_cannot_be(UNUSED void **state) {
    Bh__GetInclusionProofRequest req = BH__GET_INCLUSION_PROOF_REQUEST__INIT;
    Bh__GetInclusionProofResponse *resp;
    append(1, 300);
    integrate();
    req.entry_index = 300;
    assert_string_equal(ASK(audit, "GetInclusionProof", &auditor, req, &resp)->reason, "NOT_FOUND_OBJECT");
    req.entry_index = -1;
    assert_string_equal(ASK(audit, "GetInclusionProof", &auditor, req, &resp)->reason, "NOT_FOUND_OBJECT");
    req.entry_index = 0;
    req.tree_size = 301;
    assert_string_equal(ASK(audit, "GetInclusionProof", &auditor, req, &resp)->reason, "BAD_FIELD");
    req.tree_size = 0;
    desk_sql(audit, "update audit.entry set leaf_hash = sha256('x') where idx = 1");
    assert_string_equal(ASK(audit, "GetInclusionProof", &auditor, req, &resp)->reason, "AUDIT_TREE_DAMAGED");
    desk_sql(audit, "delete from audit.entry where idx = 1");
    assert_string_equal(ASK(audit, "GetInclusionProof", &auditor, req, &resp)->reason, "AUDIT_TREE_DAMAGED");
}

/* Who may not see the task can check that an entry is in the log, not read it. */
static void test_proof_for_others(UNUSED void **state) {
    append(1, 2);
    integrate();
    const principal handler = { .user_id = 9, .unit_id = 9, .post = BH__POST__POST_HANDLER };
    Bh__GetInclusionProofRequest req = BH__GET_INCLUSION_PROOF_REQUEST__INIT;
    Bh__GetInclusionProofResponse *resp;
    assert_null(ASK(audit, "GetInclusionProof", &handler, req, &resp));
    assert_int_equal(resp->entry->leaf.len, 0);
    assert_int_equal(resp->entry->leaf_hash.len, SHA256_SIZE);
    assert_int_equal(resp->n_hashes, 1);
}

/* An office reads what was done with the tasks it may see; of all else it may have the hashes. */
static void test_entries_for_offices(UNUSED void **state) {
    append(3, 6);
    integrate();
    desk_sql(audit, "update audit.entry set object_id = 'no task' where idx = 5");
    desk_sql(audit,
             "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, is_key, office_unit, "
             "leader_ids, created_ms, position) select 1, (u || '-0000-7000-8000-000000000000')::uuid, 1, "
             "sha256(''), 1, '1', 't', false, u::int + 90, '{}', 0, 1 from unnest(array['00000000', '00000001']) u");
    const principal drafter90 = { .user_id = 9, .unit_id = 90, .post = BH__POST__POST_DRAFTER };
    Bh__ListEntriesRequest req = BH__LIST_ENTRIES_REQUEST__INIT;
    Bh__ListEntriesResponse *resp;
    assert_null(ASK(audit, "ListEntries", &drafter90, req, &resp));
    assert_true(resp->is_partial);
    assert_int_equal(resp->n_entries, 6);
    for (size_t i = 0; i < resp->n_entries; i++) {
        assert_int_equal(resp->entries[i]->leaf.len > 0, i % 3 == 0);
        assert_int_equal(resp->entries[i]->leaf_hash.len, SHA256_SIZE);
    }
    Bh__ListObjectEntriesRequest one = BH__LIST_OBJECT_ENTRIES_REQUEST__INIT;
    Bh__ListObjectEntriesResponse *versions;
    one.object_type = (char *) "task";
    one.object_id = (char *) "00000001-0000-7000-8000-000000000000";
    assert_null(ASK(audit, "ListObjectEntries", &drafter90, one, &versions));
    assert_int_equal(versions->n_entries, 0);
    one.object_id = (char *) "00000000-0000-7000-8000-000000000000";
    assert_null(ASK(audit, "ListObjectEntries", &drafter90, one, &versions));
    assert_int_equal(versions->n_entries, 2);
    assert_int_not_equal(versions->entries[0]->leaf.len, 0);
    const principal handler = { .user_id = 9, .unit_id = 90, .post = BH__POST__POST_HANDLER };
    assert_string_equal(ASK(audit, "ListEntries", &handler, req, &resp)->reason, "POST_REFUSED");
    assert_null(ASK(audit, "ListEntries", &auditor, req, &resp));
    assert_false(resp->is_partial);
    assert_int_not_equal(resp->entries[5]->leaf.len, 0);
    desk_sql(audit, "truncate task.task");
}

typedef struct sequencing {
    pthread_t thread;
    desk *desk;
    int failures;
} sequencing;

static void *sequence(void *data) {
    sequencing *s = data;
    int64_t size;
    bool again;
    for (int i = 0; i < 40; i++)
        s->failures += sequencer_run(desk_begin(s->desk), &size, &again) != NULL;
    return NULL;
}

/* Several sequencers beside writers: no entry twice, none lost, no gap. */
static void test_sequencers_do_not_collide(UNUSED void **state) {
    enum { THREADS = 4 };
    sequencing all[THREADS];
    for (int i = 0; i < THREADS; i++) {
        all[i] = (sequencing){ .desk = desk_share(audit) };
        assert_int_equal(pthread_create(&all[i].thread, NULL, sequence, &all[i]), 0);
    }
    for (int i = 0; i < 30; i++)
        append(3, 50);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(all[i].thread, NULL);
        assert_int_equal(all[i].failures, 0);
        desk_close(all[i].desk);
    }
    integrate();
    assert_log(1500);
}

/* A tree row that does not fit itself stops the sequencer before it builds on it. */
static void test_damaged_tree_stops_the_sequencer(UNUSED void **state) {
    append(1, 5);
    integrate();
    int64_t size;
    bool again;
    desk_sql(audit, "update audit.tree set root = sha256('x')");
    assert_string_equal(sequencer_run(desk_begin(audit), &size, &again)->reason, "AUDIT_TREE_DAMAGED");
    assert_int_equal(tree_head()->size, 5); /* a verifier still sees what is claimed */
    desk_sql(audit, "update audit.tree set size = 6");
    assert_string_equal(sequencer_run(desk_begin(audit), &size, &again)->reason, "AUDIT_TREE_DAMAGED");
}

/* L01: the service's own role adds, and does nothing else. */
static void test_role_cannot_change_the_log(UNUSED void **state) {
    static const char *const attempts[] = {
        "update audit.entry set leaf = ''''",   "delete from audit.entry",          "truncate audit.entry",
        "update audit.pending set site_id = 1", "update audit.subtree set idx = 1", "delete from audit.tree",
        "update audit.tree set origin = ''x''",
    };
    for (size_t i = 0; i < countof(attempts); i++)
        desk_sql(audit,
                 "set local role bihuan_audit; do $$ begin execute '%s'; raise 'allowed: %%', '%s'; "
                 "exception when insufficient_privilege then null; end $$",
                 attempts[i], attempts[i]);
}

static void test_block_hashes(UNUSED void **state) {
    append(2, 600);
    integrate();
    Bh__ListBlockHashesRequest req = BH__LIST_BLOCK_HASHES_REQUEST__INIT;
    Bh__ListBlockHashesResponse *resp;
    assert_null(ASK(audit, "ListBlockHashes", &auditor, req, &resp));
    assert_int_equal(resp->n_hashes, 2);
    req.first_block = 1;
    assert_null(ASK(audit, "ListBlockHashes", &auditor, req, &resp));
    assert_int_equal(resp->n_hashes, 1);
    assert_string_equal(hex(desk_mem(audit), resp->hashes[0].data, resp->hashes[0].len),
                        desk_sql(audit, "select encode(hash, 'hex') from audit.subtree where idx = 1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_empty_log),
        TEST(test_entries_are_integrated),
        TEST(test_object_entries),
        TEST(test_page_fits_into_a_message),
        TEST(test_proofs),
        TEST(test_proofs_that_cannot_be),
        TEST(test_proof_for_others),
        TEST(test_entries_for_offices),
        TEST(test_sequencers_do_not_collide),
        TEST(test_damaged_tree_stops_the_sequencer),
        TEST(test_role_cannot_change_the_log),
        TEST(test_block_hashes),
    };
    return cmocka_run_group_tests(tests, audit_open, desk_teardown);
}
