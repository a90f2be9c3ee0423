/* A city under virtual time: clients that send orders over a bad network to a service that crashes. */
#pragma once

#include "sim/model.h"

typedef struct world_result {
    const journal *journal;
    model *model;
    int64_t begin_ms, end_ms;
    uint32_t steps;    /* events that happened */
    uint32_t quiet_at; /* journal rows before the faults ended */
    uint8_t trace[SHA256_SIZE];
} world_result;

/* The life of one seed, first under faults, then in quiet until everything is closed that can be. Same seed, same
 * trace. */
world_result world_run(arena *mem, uint64_t seed, sabotage wrong);
