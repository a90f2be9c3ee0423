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

int64_t flight_fail(flight *f, int64_t now_ms, bh_reason reason) {
    int64_t nearest_ms = INT64_MAX;
    for (int i = 0; i < FLIGHT_MAX; i++) {
        if (f->call[i] && f->call[i]->deadline_ms <= now_ms)
            rpc_result_fail(flight_take(f, f->call_id[i]), reason);
        else if (f->call[i] && f->call[i]->deadline_ms < nearest_ms)
            nearest_ms = f->call[i]->deadline_ms;
    }
    return nearest_ms;
}
