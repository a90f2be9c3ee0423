/* Merkle trees as RFC 6962 section 2.1 defines them, over SHA-256 leaf hashes: growing, roots, inclusion proofs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

enum {
    MERKLE_HEIGHTS = 63, /* trees of less than 2^63 leaves */
    MERKLE_STEP = 8,     /* hashes of complete subtrees are kept at the heights 0, 8, 16, ... */
    MERKLE_BLOCK = 1 << MERKLE_STEP,
    MERKLE_RUNS_MAX = 2 * MERKLE_HEIGHTS,
};

typedef struct merkle_hash {
    uint8_t b[SHA256_SIZE];
} merkle_hash;

/* All that a growing tree must remember: for each bit set in `size`, the hash of the complete subtree of that height.
 */
typedef struct merkle_edge {
    uint64_t size;
    merkle_hash hash[MERKLE_HEIGHTS];
} merkle_edge;

/* Told of every inner node when its subtree is complete: its height, and its place among those of that height. */
typedef void merkle_complete(void *data, int height, uint64_t place, const merkle_hash *hash);

/* Adds a leaf; `complete` may be NULL. */
void merkle_append(merkle_edge *edge, const merkle_hash *leaf, merkle_complete *complete, void *data);
/* The tree hash; of an empty tree the digest of nothing. */
merkle_hash merkle_root(const merkle_edge *edge);
/* The edge's hashes, largest subtree first, as they are stored; their number. */
size_t merkle_edge_hashes(const merkle_edge *edge, merkle_hash ret_hashes[MERKLE_HEIGHTS]);
/* Back; false when there are not as many hashes as the size has bits. */
bool merkle_edge_load(merkle_edge *edge, uint64_t size, const void *hashes, size_t n);
/* The hash of a node from those of its children. */
merkle_hash merkle_node(const merkle_hash *left, const merkle_hash *right);

/* Kept hashes that lie side by side: `n` (a power of two up to 128) of one kept height, from place `first` on. They are
 * the leaves of a complete subtree that belongs to a sibling on the path. */
typedef struct merkle_run {
    int height;
    uint64_t first;
    size_t n;
    size_t sibling;
} merkle_run;

/* The runs that a proof of leaf `index` (< size) in the tree of `size` leaves is made of, O(log size); their number. */
size_t merkle_plan(uint64_t index, uint64_t size, merkle_run ret_runs[MERKLE_RUNS_MAX]);
/* The proof (siblings from the leaf upwards) from the planned runs and the hashes of each; its length. */
size_t merkle_proof(const merkle_run *runs, size_t n, const merkle_hash *const *hashes,
                    merkle_hash ret_path[MERKLE_HEIGHTS]);
/* The root that a path leads to from a leaf hash; false when a path of this length cannot belong to such a tree. */
bool merkle_lead(const merkle_hash *from, uint64_t index, uint64_t size, const merkle_hash *path, size_t n,
                 merkle_hash *ret_root);
/* True when the path leads to this root. */
bool merkle_verify(const merkle_hash *from, uint64_t index, uint64_t size, const merkle_hash *path, size_t n,
                   const merkle_hash *root);
