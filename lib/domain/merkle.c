#include "domain/merkle.h"

#include <assert.h>
#include <string.h>

merkle_hash merkle_node(const merkle_hash *left, const merkle_hash *right) {
    merkle_hash node;
    sha256_stream s;
    sha256_init(&s);
    sha256_update(&s, "\1", 1);
    sha256_update(&s, left->b, SHA256_SIZE);
    sha256_update(&s, right->b, SHA256_SIZE);
    sha256_final(&s, node.b);
    return node;
}

static bool has_bit(uint64_t value, int bit) {
    return value >> bit & 1;
}

/* -- growing -- */

void merkle_append(merkle_edge *edge, const merkle_hash *leaf, merkle_complete *complete, void *data) {
    assert(edge->size < UINT64_C(1) << (MERKLE_HEIGHTS - 1));
    merkle_hash hash = *leaf;
    int height = 0;
    for (; has_bit(edge->size, height); height++) {
        hash = merkle_node(&edge->hash[height], &hash);
        if (complete)
            complete(data, height + 1, edge->size >> (height + 1), &hash);
    }
    edge->hash[height] = hash;
    edge->size++;
}

merkle_hash merkle_root(const merkle_edge *edge) {
    merkle_hash root;
    bool is_empty = true;
    sha256("", 0, root.b);
    for (int height = 0; height < MERKLE_HEIGHTS; height++) {
        if (!has_bit(edge->size, height))
            continue;
        root = is_empty ? edge->hash[height] : merkle_node(&edge->hash[height], &root);
        is_empty = false;
    }
    return root;
}

size_t merkle_edge_hashes(const merkle_edge *edge, merkle_hash ret_hashes[MERKLE_HEIGHTS]) {
    size_t n = 0;
    for (int height = MERKLE_HEIGHTS - 1; height >= 0; height--)
        if (has_bit(edge->size, height))
            ret_hashes[n++] = edge->hash[height];
    return n;
}

bool merkle_edge_load(merkle_edge *edge, uint64_t size, const void *hashes, size_t n) {
    const merkle_hash *next = hashes;
    *edge = (merkle_edge){ .size = size };
    if (size >> (MERKLE_HEIGHTS - 1) || n != (size_t) __builtin_popcountll(size))
        return false;
    for (int height = MERKLE_HEIGHTS - 1; height >= 0; height--)
        if (has_bit(size, height))
            edge->hash[height] = *next++;
    return true;
}

/* -- proofs -- */

/* A run of kept hashes that make the complete subtree of this height. */
static merkle_run run_of(int height, uint64_t place, size_t sibling) {
    int above = height % MERKLE_STEP;
    return (
        merkle_run){ .height = height - above, .first = place << above, .n = (size_t) 1 << above, .sibling = sibling };
}

/* The leaves [first, end), where `first` is a multiple of every power of two in end - first, as complete subtrees. */
static size_t plan_range(uint64_t first, uint64_t end, size_t sibling, merkle_run *ret_runs) {
    size_t n = 0;
    for (int height = MERKLE_HEIGHTS - 1; height >= 0; height--) {
        if (!has_bit(end - first, height))
            continue;
        ret_runs[n++] = run_of(height, first >> height, sibling);
        first += UINT64_C(1) << height;
    }
    return n;
}

typedef struct range {
    uint64_t first, end;
} range;

static uint64_t largest_power_below(uint64_t n) {
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* The siblings on the way from the root down to the leaf: RFC 6962 section 2.1.1 without recursion. */
static size_t siblings(uint64_t index, uint64_t size, range ret_ranges[MERKLE_HEIGHTS]) {
    size_t n = 0;
    for (range at = { 0, size }; at.end - at.first > 1;) {
        uint64_t middle = at.first + largest_power_below(at.end - at.first);
        bool is_left = index < middle;
        ret_ranges[n++] = is_left ? (range){ middle, at.end } : (range){ at.first, middle };
        at = is_left ? (range){ at.first, middle } : (range){ middle, at.end };
    }
    return n;
}

size_t merkle_plan(uint64_t index, uint64_t size, merkle_run ret_runs[MERKLE_RUNS_MAX]) {
    assert(index < size && size < UINT64_C(1) << (MERKLE_HEIGHTS - 1));
    range ranges[MERKLE_HEIGHTS];
    size_t n = siblings(index, size, ranges), runs = 0;
    for (size_t i = n; i > 0; i--)
        runs += plan_range(ranges[i - 1].first, ranges[i - 1].end, n - i, ret_runs + runs);
    return runs;
}

static merkle_hash fold(const merkle_hash *hashes, size_t n) {
    merkle_hash row[MERKLE_BLOCK];
    assert(n > 0 && n <= MERKLE_BLOCK);
    memcpy(row, hashes, n * sizeof(*row));
    for (; n > 1; n /= 2)
        for (size_t i = 0; i < n / 2; i++)
            row[i] = merkle_node(&row[2 * i], &row[2 * i + 1]);
    return row[0];
}

/* Runs of one sibling come largest first, and a tree hash grows from the small end: so backwards. */
size_t merkle_proof(const merkle_run *runs, size_t n, const merkle_hash *const *hashes,
                    merkle_hash ret_path[MERKLE_HEIGHTS]) {
    for (size_t i = n; i > 0; i--) {
        const merkle_run *r = &runs[i - 1];
        merkle_hash *sibling = &ret_path[r->sibling];
        merkle_hash subtree = fold(hashes[i - 1], r->n);
        bool is_last = i == n || runs[i].sibling != r->sibling;
        *sibling = is_last ? subtree : merkle_node(&subtree, sibling);
    }
    return n ? runs[n - 1].sibling + 1 : 0;
}

/* RFC 9162 section 2.1.3.2. */
bool merkle_lead(const merkle_hash *from, uint64_t index, uint64_t size, const merkle_hash *path, size_t n,
                 merkle_hash *ret_root) {
    if (index >= size)
        return false;
    uint64_t at = index, last = size - 1;
    *ret_root = *from;
    for (size_t i = 0; i < n; i++, at >>= 1, last >>= 1) {
        if (last == 0)
            return false;
        bool is_right = at & 1 || at == last;
        *ret_root = is_right ? merkle_node(&path[i], ret_root) : merkle_node(ret_root, &path[i]);
        while (is_right && at && !(at & 1)) {
            at >>= 1;
            last >>= 1;
        }
    }
    return last == 0;
}

bool merkle_verify(const merkle_hash *from, uint64_t index, uint64_t size, const merkle_hash *path, size_t n,
                   const merkle_hash *root) {
    merkle_hash found;
    return merkle_lead(from, index, size, path, n, &found) && memcmp(found.b, root->b, SHA256_SIZE) == 0;
}
