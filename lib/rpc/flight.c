#include "rpc/flight.h"

#include <assert.h>

void flight_init(flight *f) {
    for (int i = 0; i < FLIGHT_MAX; i++)
        f->spare[i] = (uint16_t) i;
    f->spare_count = FLIGHT_MAX;
}

/* Ids made by a client are odd; the serial makes an answer to an earlier call in the same place a stale one. */
uint64_t flight_add(flight *f, rpc_result *call) {
    assert(f->spare_count > 0);
    uint64_t place = f->spare[--f->spare_count];
    uint64_t call_id = ++f->serial << (FLIGHT_BITS + 1) | place << 1 | 1;
    f->call[place] = call;
    f->call_id[place] = call_id;
    return call_id;
}

rpc_result *flight_take(flight *f, uint64_t call_id) {
    uint64_t place = call_id >> 1 & (FLIGHT_MAX - 1);
    rpc_result *call = f->call[place];
    if (!call || f->call_id[place] != call_id)
        return NULL;
    f->call[place] = NULL;
    f->spare[f->spare_count++] = (uint16_t) place;
    return call;
}

inbox_node *flight_take_due(flight *f, int64_t now_ms, int64_t *ret_nearest_ms) {
    inbox_node *due = NULL;
    *ret_nearest_ms = INT64_MAX;
    for (int i = 0; i < FLIGHT_MAX; i++) {
        rpc_result *call = f->call[i];
        if (call && call->deadline_ms <= now_ms) {
            flight_take(f, f->call_id[i]);
            call->node.next = due;
            due = &call->node;
        } else if (call && call->deadline_ms < *ret_nearest_ms) {
            *ret_nearest_ms = call->deadline_ms;
        }
    }
    return due;
}
