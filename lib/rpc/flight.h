/* The calls of one connection that were sent and are not answered yet. */
#pragma once

#include "rpc/result.h"

/* Streams lie beside the other calls, so that thousands of them leave these their places. */
typedef enum flight_lane { FLIGHT_CALLS, FLIGHT_STREAMS, FLIGHT_LANES } flight_lane;

typedef struct flight {
    flight_lane lane;
    int room;          /* places, a power of two */
    int count;         /* calls in them */
    rpc_result **call; /* NULL: the place is free; made with the first call */
    uint64_t *call_id;
    uint16_t *spare; /* free places, a stack */
    uint64_t serial;
} flight;

void flight_init(flight *f, flight_lane lane);
void flight_free(flight *f);
/* Gives the call a place and an id never used before; there must be a spare place. */
uint64_t flight_add(flight *f, rpc_result *call);
/* The lane of the calls with such ids. */
flight_lane flight_lane_of(uint64_t call_id);
/* The call with this id; NULL when its answer comes too late. */
rpc_result *flight_find(const flight *f, uint64_t call_id);
/* The same; the call leaves its place. */
rpc_result *flight_take(flight *f, uint64_t call_id);
/* Takes those whose deadline is not after now_ms, in front of *calls; *nearest_ms becomes the nearest deadline of the
 * others, if it is nearer. */
void flight_take_due(flight *f, int64_t now_ms, inbox_node **calls, int64_t *nearest_ms);
