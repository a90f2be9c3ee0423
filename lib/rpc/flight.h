/* The calls of one connection that were sent and are not answered yet. */
#pragma once

#include "rpc/result.h"

enum { FLIGHT_BITS = 10, FLIGHT_MAX = 1 << FLIGHT_BITS };

typedef struct flight {
    rpc_result *call[FLIGHT_MAX]; /* NULL: the place is free */
    uint64_t call_id[FLIGHT_MAX];
    uint16_t spare[FLIGHT_MAX]; /* free places, a stack */
    int spare_count;
    uint64_t serial;
} flight;

void flight_init(flight *f);
/* Gives the call a place and an id never used before; there must be a spare place. */
uint64_t flight_add(flight *f, rpc_result *call);
/* The call with this id, which leaves its place; NULL when its answer comes too late. */
rpc_result *flight_take(flight *f, uint64_t call_id);
/* The calls whose deadline is not after now_ms leave their places, as a list; *ret_nearest_ms: the nearest deadline of
 * the others, INT64_MAX when none is left. */
inbox_node *flight_take_due(flight *f, int64_t now_ms, int64_t *ret_nearest_ms);
