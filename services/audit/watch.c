#include "watch.h"

#include <stdatomic.h>

#include "service/field.h"
#include "store.h"

/* Entries of one step: their changes fit into a message, whatever the objects are called. At every multiple of it the
 * caller hears how far he is, though there be nothing for him. */
enum { LOOK_MAX = 100 };

/* So many entries are in the log for certain, and may be read. One process, one log. */
static _Atomic int64_t known_size;

bool watch_tell(int64_t size) {
    int64_t before = atomic_load(&known_size);
    while (before < size && !atomic_compare_exchange_weak(&known_size, &before, size))
        continue;
    return before < size;
}

/* A cursor from before a restore, mostly. */
static bh_err *fail_beyond(bh_call *c, int64_t place, int64_t size) {
    return bh_fail(c, PLACE_BEYOND_LOG, arena_printf(c->mem, "%lld", (long long) place),
                   arena_printf(c->mem, "%lld", (long long) size));
}

/* What is known is mostly enough; a place behind it, which another process may have told, is looked up. */
static bh_err *find_size(bh_call *c, int64_t place, int64_t *ret_size) {
    tree t;
    *ret_size = atomic_load(&known_size);
    if (place >= 0 && place <= *ret_size)
        return NULL;
    TRY(store_tree(c, &t));
    *ret_size = (int64_t) t.edge.size;
    watch_tell(*ret_size);
    TRY(field_range(c, "first_index", place, -1, INT64_MAX));
    return place <= *ret_size ? NULL : fail_beyond(c, place, *ret_size);
}

bh_err *watch_step(bh_call *c, Bh__WatchChangesRequest *req, Bh__WatchChangesResponse *resp, rpc_step *ret_step) {
    int64_t size;
    TRY(find_size(c, req->first_index, &size));
    int64_t first = req->first_index < 0 ? size : req->first_index;
    int64_t behind = size - first < LOOK_MAX ? size : first + LOOK_MAX;
    if (first < behind)
        TRY(store_list_changes(c, first, behind, resp));
    bool is_told = req->first_index < 0 || resp->n_changes || first / LOOK_MAX != behind / LOOK_MAX;
    resp->next_index = req->first_index = behind;
    *ret_step = is_told ? RPC_STEP_SEND : RPC_STEP_WAIT;
    return NULL;
}
