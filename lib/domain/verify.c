#include "domain/verify.h"

#include <assert.h>
#include <string.h>

#include "domain/chain.h"

enum { GAP_MAX = 1 << 24 };

/* Something that does not fit, and the entries among which the cause lies. */
typedef struct flaw {
    bh_reason reason;
    uint64_t first, last; /* of the place, both included */
    uint64_t other;       /* for a broken chain: the entry before, when `has_other` */
    bool has_other;
    const char *object;
} flaw;

struct verifier {
    bh_call *call;
    const log_head *served;
    const log_head *kept;
    merkle_edge
        edge; /* of the entries so far; a missing one counts as a hash of zeros, so that later blocks stay in place */
    chain_map *chain;
    bool *is_block_bad; /* against the kept head */
    bool kept_root_differs;
    bool is_stopped; /* so much is missing that reading on tells nothing */
    flaw flaws[VERIFY_BREAKS_MAX];
    size_t flaw_count;
};

verifier *verify_begin(bh_call *call, const log_head *served, const log_head *kept) {
    verifier *v = arena_alloc(call->mem, sizeof(*v));
    v->call = call;
    v->served = served;
    v->kept = kept;
    v->chain = chain_new(call->mem);
    v->is_block_bad = arena_array(call->mem, kept ? kept->block_count : 0, sizeof(bool));
    return v;
}

uint64_t verify_next(const verifier *v) {
    return v->edge.size;
}

static void note(verifier *v, flaw f) {
    if (v->flaw_count < VERIFY_BREAKS_MAX)
        v->flaws[v->flaw_count++] = f;
}

static bool same(const merkle_hash *a, const merkle_hash *b) {
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* -- the tree -- */

static void check_block(void *data, int height, uint64_t place, const merkle_hash *hash) {
    verifier *v = data;
    if (height == MERKLE_STEP && v->kept && place < v->kept->block_count)
        v->is_block_bad[place] = !same(hash, &v->kept->blocks[place]);
}

static void grow(verifier *v, const merkle_hash *hash) {
    merkle_append(&v->edge, hash, check_block, v);
    if (v->kept && v->edge.size == v->kept->size) {
        merkle_hash root = merkle_root(&v->edge);
        v->kept_root_differs = !same(&root, &v->kept->root);
    }
}

/* Entries up to `end` are not there. */
static void skip(verifier *v, uint64_t end) {
    static const merkle_hash none;
    if (v->edge.size >= end || v->is_stopped)
        return;
    note(v, (flaw){ .reason = BH_REASON_LOG_MISSING, .first = v->edge.size, .last = end - 1 });
    v->is_stopped = end - v->edge.size > GAP_MAX;
    while (v->edge.size < end && !v->is_stopped)
        grow(v, &none);
}

/* -- one entry -- */

static bh_reason chain_flaw(const chain_link *last, const leaf *entry) {
    if (entry->version == last->version + 1)
        return BH_REASON_LOG_CHAIN_HASH;
    return last->version ? BH_REASON_LOG_CHAIN_GAP : BH_REASON_LOG_CHAIN_START;
}

static void check_chain(verifier *v, uint64_t index, const leaf *entry, const uint8_t *previous,
                        const merkle_hash *hash) {
    chain_link *last = chain_find(v->chain, entry);
    if (!last) {
        note(v, (flaw){ .reason = BH_REASON_LOG_TOO_LARGE, .first = index, .last = v->served->size });
        v->is_stopped = true;
        return;
    }
    if (entry->version != last->version + 1 || memcmp(previous, last->hash.b, SHA256_SIZE) != 0)
        note(v, (flaw){ .reason = chain_flaw(last, entry),
                        .first = index,
                        .last = index,
                        .other = last->index,
                        .has_other = last->version > 0,
                        .object = arena_printf(v->call->mem, "%s %s", entry->object_type, entry->object_id) });
    last->index = index;
    last->version = entry->version;
    last->hash = *hash;
}

void verify_entry(verifier *v, arena *page, uint64_t index, const uint8_t *bytes, size_t n, const merkle_hash *stored) {
    if (index < v->edge.size || index >= v->served->size)
        return;
    skip(v, index);
    if (v->is_stopped)
        return;
    merkle_hash hash;
    leaf entry;
    uint8_t previous[SHA256_SIZE];
    leaf_hash(bytes, n, hash.b);
    if (!same(&hash, stored))
        note(v, (flaw){ .reason = BH_REASON_LOG_EDITED, .first = index, .last = index });
    if (leaf_parse(page, bytes, n, &entry, previous))
        check_chain(v, index, &entry, previous, &hash);
    else
        note(v, (flaw){ .reason = BH_REASON_LOG_UNREADABLE, .first = index, .last = index });
    grow(v, &hash);
}

/* -- the verdict -- */

/* Against the kept head: 1 the entry's block was changed, 0 it was not, -1 nobody can say. */
static int is_changed(const verifier *v, uint64_t index) {
    uint64_t block = index / MERKLE_BLOCK;
    if (!v->kept || index >= v->kept->size || v->edge.size < v->kept->size)
        return -1;
    if (block < v->kept->block_count)
        return v->is_block_bad[block];
    return v->kept_root_differs ? -1 : 0;
}

/* Of the two ends of a broken chain, the one whose block was changed is the place. */
static void settle_chain(const verifier *v, flaw *f) {
    if (f->reason != BH_REASON_LOG_CHAIN_HASH || !f->has_other)
        return;
    int changed = is_changed(v, f->first), changed_before = is_changed(v, f->other);
    if (changed_before == 1 ? changed == 1 : changed != 0)
        return;
    uint64_t successor = f->first;
    f->reason = BH_REASON_LOG_CHAIN_EDITED;
    f->first = f->last = f->other;
    f->other = successor;
}

static bool is_explained(const verifier *v, uint64_t first, uint64_t last) {
    for (size_t i = 0; i < v->flaw_count; i++)
        if (v->flaws[i].first >= first && v->flaws[i].last <= last)
            return true;
    return false;
}

static void note_range(verifier *v, uint64_t first, uint64_t last) {
    if (!is_explained(v, first, last))
        note(v, (flaw){ .reason = BH_REASON_LOG_BLOCK, .first = first, .last = last });
}

/* Changed blocks side by side are one place. */
static void check_blocks(verifier *v) {
    const log_head *kept = v->kept;
    size_t seen = v->edge.size / MERKLE_BLOCK < kept->block_count ? v->edge.size / MERKLE_BLOCK : kept->block_count;
    for (size_t i = 0, end; i < seen; i = end) {
        for (end = i; end < seen && v->is_block_bad[end];)
            end++;
        if (end > i)
            note_range(v, i * MERKLE_BLOCK, end * MERKLE_BLOCK - 1);
        else
            end++;
    }
}

static bool has_bad_block(const verifier *v) {
    for (size_t i = 0; i < v->kept->block_count; i++)
        if (v->is_block_bad[i])
            return true;
    return false;
}

/* The root covers what lies behind the last complete block. */
static void check_rest(verifier *v) {
    uint64_t first = v->kept->block_count * MERKLE_BLOCK;
    if (v->kept_root_differs && !has_bad_block(v))
        note_range(v, first < v->kept->size ? first : 0, v->kept->size - 1);
}

static void check_kept(verifier *v) {
    if (!v->kept)
        return;
    if (v->edge.size < v->kept->size)
        note(v, (flaw){ .reason = BH_REASON_LOG_CUT, .first = v->edge.size, .last = v->kept->size - 1 });
    check_blocks(v);
    check_rest(v);
    if (strcmp(v->kept->origin, v->served->origin) != 0)
        note(v, (flaw){ .reason = BH_REASON_LOG_OTHER, .object = v->served->origin });
}

static void check_served(verifier *v) {
    merkle_hash root = merkle_root(&v->edge);
    if (!same(&root, &v->served->root))
        note(v, (flaw){ .reason = BH_REASON_LOG_TREE, .first = 0, .last = v->served->size });
}

static bh_err *error_of(bh_call *c, const flaw *f) {
    const char *const args[4] = {
        arena_printf(c->mem, "%llu", (unsigned long long) f->first),
        f->has_other ? arena_printf(c->mem, "%llu", (unsigned long long) f->other)
                     : arena_printf(c->mem, "%llu", (unsigned long long) f->last),
        f->object,
    };
    return bh_err_new(c, f->reason, __FILE__, __LINE__, args);
}

/* Exact places first, each kind in the order of the log. */
static size_t collect(verifier *v, bool exact, bh_err **ret_errors) {
    size_t n = 0;
    for (size_t i = 0; i < v->flaw_count; i++)
        if ((v->flaws[i].first == v->flaws[i].last) == exact)
            ret_errors[n++] = error_of(v->call, &v->flaws[i]);
    return n;
}

bh_err *const *verify_finish(verifier *v, size_t *ret_n) {
    skip(v, v->served->size);
    for (size_t i = 0; i < v->flaw_count; i++)
        settle_chain(v, &v->flaws[i]);
    check_kept(v);
    check_served(v);
    bh_err **errors = arena_array(v->call->mem, VERIFY_BREAKS_MAX, sizeof(*errors));
    *ret_n = collect(v, true, errors);
    *ret_n += collect(v, false, errors + *ret_n);
    return errors;
}
