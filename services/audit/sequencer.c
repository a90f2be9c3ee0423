#include "sequencer.h"

#include "base/log.h"
#include "domain/leaf.h"
#include "store.h"

/* A batch while it is made. */
typedef struct making {
    bh_call *call;
    batch *b;
} making;

/* Keeps the hash of a complete subtree of 256, 65536, ... entries. */
static void keep(void *data, int height, uint64_t place, const merkle_hash *hash) {
    making *m = data;
    batch *b = m->b;
    if (height % MERKLE_STEP)
        return;
    b->heights[b->subtree_count] = height;
    b->places[b->subtree_count] = arena_printf(m->call->mem, "%llu", (unsigned long long) place);
    b->subtrees[b->subtree_count] = *hash;
    b->subtree_count++;
}

/* Whatever the bytes are, they are logged; what cannot be read is found under no object. */
static void add(making *m, size_t i, const pending *p) {
    batch *b = m->b;
    leaf entry;
    uint8_t previous[SHA256_SIZE];
    bool is_read = leaf_parse(m->call->mem, p->leaf, p->size, &entry, previous);
    if (!is_read)
        log_event(LOG_ERROR, "audit.unreadable", "index=%llu", (unsigned long long) b->after.size);
    b->ids[i] = p->id;
    b->object_types[i] = is_read ? entry.object_type : "";
    b->object_ids[i] = is_read ? entry.object_id : "";
    b->versions[i] = is_read ? entry.version : 0;
    leaf_hash(p->leaf, p->size, b->hashes[i].b);
    merkle_append(&b->after, &b->hashes[i], keep, m);
}

static void make_batch(bh_call *c, const tree *before, const pending *entries, size_t n, batch *ret_batch) {
    size_t subtrees_max = n / (MERKLE_BLOCK - 1) + MERKLE_HEIGHTS;
    *ret_batch = (batch){
        .before = before,
        .after = before->edge,
        .ids = arena_array(c->mem, n, sizeof(char *)),
        .hashes = arena_array(c->mem, n, sizeof(merkle_hash)),
        .object_types = arena_array(c->mem, n, sizeof(char *)),
        .object_ids = arena_array(c->mem, n, sizeof(char *)),
        .versions = arena_array(c->mem, n, sizeof(int32_t)),
        .n = n,
        .heights = arena_array(c->mem, subtrees_max, sizeof(int32_t)),
        .places = arena_array(c->mem, subtrees_max, sizeof(char *)),
        .subtrees = arena_array(c->mem, subtrees_max, sizeof(merkle_hash)),
    };
    making m = { .call = c, .b = ret_batch };
    for (size_t i = 0; i < n; i++)
        add(&m, i, &entries[i]);
}

bh_err *sequencer_run(bh_call *c, int64_t *ret_size, bool *ret_again) {
    tree before;
    pending *entries;
    size_t n;
    TRY(store_sound_tree(c, &before));
    TRY(store_take(c, SEQUENCER_BATCH, &entries, &n));
    *ret_size = (int64_t) before.edge.size;
    if (n == 0)
        return NULL;
    batch b;
    bool done;
    make_batch(c, &before, entries, n, &b);
    TRY(store_integrate(c, &b, &done));
    *ret_size += done ? (int64_t) n : 0;
    *ret_again = !done || n == SEQUENCER_BATCH;
    return NULL;
}
