/* The statements of the audit log, one function for each file in sql/. */
#pragma once

#include "base/call.h"
#include "bihuan/v1/audit_service.pb-c.h"
#include "domain/merkle.h"

/* The log and the state of its tree. */
typedef struct tree {
    const char *origin;
    merkle_hash root;
    merkle_edge edge; /* with the size */
    bool is_sound;    /* size, edge and root agree */
    int64_t time_ms;
} tree;
/* As it is stored. */
MUST bh_err *store_tree(bh_call *c, tree *ret_tree);
/* AUDIT_TREE_DAMAGED when it is not sound: nothing may be built on it. */
MUST bh_err *store_sound_tree(bh_call *c, tree *ret_tree);

/* The queue, as far as `most`. */
MUST bh_err *store_count_pending(bh_call *c, int32_t most, int64_t *ret_n);
typedef struct pending {
    const char *id;
    const uint8_t *leaf;
    size_t size;
} pending;
MUST bh_err *store_take(bh_call *c, int32_t most, pending **ret_entries, size_t *ret_n);

/* Entries that go from the queue into the log, and the tree behind them. Arrays have one element for each entry or,
 * from `heights` on, for each kept subtree that became complete. */
typedef struct batch {
    const tree *before;
    merkle_edge after;
    const char **ids;
    merkle_hash *hashes;
    const char **object_types;
    const char **object_ids;
    int32_t *versions;
    size_t n;
    int32_t *heights;
    const char **places;
    merkle_hash *subtrees;
    size_t subtree_count;
} batch;
/* *ret_done is false when the tree was no longer in the state `before`. */
MUST bh_err *store_integrate(bh_call *c, const batch *b, bool *ret_done);

/* Pages; they may be shorter than asked, so that they fit into a message, but not empty while there is more. */
/* Whether the caller reads every entry; for others the bytes of what they may not see are left out. */
bool store_reads_all(const bh_call *c);
MUST bh_err *store_list_entries(bh_call *c, int64_t first, int32_t page_size, Bh__Entry ***ret_entries, size_t *ret_n);
MUST bh_err *store_list_object_entries(bh_call *c, const Bh__ListObjectEntriesRequest *req, int32_t page_size,
                                       Bh__ListObjectEntriesResponse *resp);
MUST bh_err *store_list_blocks(bh_call *c, int64_t first, int32_t page_size, Bh__ListBlockHashesResponse *resp);

/* The changes of the entries from `first` to before `end` that the caller may see. */
MUST bh_err *store_list_changes(bh_call *c, int64_t first, int64_t end, Bh__WatchChangesResponse *resp);

/* The hashes of each run; AUDIT_TREE_DAMAGED when one is not complete. */
MUST bh_err *store_runs(bh_call *c, const merkle_run *runs, size_t n, const merkle_hash **ret_hashes);
