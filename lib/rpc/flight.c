#include "rpc/flight.h"

#include <assert.h>
#include <stdlib.h>

enum { LANE_BIT = 1, PLACE_BIT = 2 }; /* in a call id; bit 0 is set in all that a client makes */

static const int rooms[FLIGHT_LANES] = { [FLIGHT_CALLS] = 1024, [FLIGHT_STREAMS] = 4096 };

void flight_init(flight *f, flight_lane lane) {
    *f = (flight){ .lane = lane, .room = rooms[lane] };
}

/* Most connections never have a stream. */
static void make_places(flight *f) {
    size_t n = (size_t) f->room;
    f->call = calloc(n, sizeof(*f->call));
    f->call_id = calloc(n, sizeof(*f->call_id));
    f->spare = calloc(n, sizeof(*f->spare));
    if (!f->call || !f->call_id || !f->spare)
        abort();
    for (size_t i = 0; i < n; i++)
        f->spare[i] = (uint16_t) i;
}

void flight_free(flight *f) {
    free(f->call);
    free(f->call_id);
    free(f->spare);
}

static uint64_t place_of(const flight *f, uint64_t call_id) {
    return call_id >> PLACE_BIT & (uint64_t) (f->room - 1);
}

flight_lane flight_lane_of(uint64_t call_id) {
    return (flight_lane) (call_id >> LANE_BIT & 1);
}

/* The serial makes an answer to an earlier call in the same place a stale one. */
uint64_t flight_add(flight *f, rpc_result *call) {
    assert(f->count < f->room);
    if (!f->call)
        make_places(f);
    uint64_t place = f->spare[f->room - ++f->count];
    uint64_t call_id = ((++f->serial * (uint64_t) f->room + place) << PLACE_BIT) | (uint64_t) f->lane << LANE_BIT | 1;
    f->call[place] = call;
    f->call_id[place] = call_id;
    return call_id;
}

rpc_result *flight_find(const flight *f, uint64_t call_id) {
    uint64_t place = place_of(f, call_id);
    return f->count && f->call_id[place] == call_id ? f->call[place] : NULL;
}

rpc_result *flight_take(flight *f, uint64_t call_id) {
    uint64_t place = place_of(f, call_id);
    rpc_result *call = flight_find(f, call_id);
    if (!call)
        return NULL;
    f->call[place] = NULL;
    f->spare[f->room - f->count--] = (uint16_t) place;
    return call;
}

void flight_take_due(flight *f, int64_t now_ms, inbox_node **calls, int64_t *nearest_ms) {
    for (int i = 0; i < f->room && f->count; i++) {
        rpc_result *call = f->call[i];
        if (call && call->deadline_ms <= now_ms) {
            flight_take(f, f->call_id[i]);
            call->node.next = *calls;
            *calls = &call->node;
        } else if (call && call->deadline_ms < *nearest_ms) {
            *nearest_ms = call->deadline_ms;
        }
    }
}
