/* The quiet after the faults: people who did nothing so far bring every task to its end, by legal moves only. */
#pragma once

#include "sim/dice.h"
#include "sim/model.h"

/* Goes on from now_ms; what is done is added to the journal as told. Answers the time it ended. */
int64_t finish_all(arena *mem, dice *d, model *m, journal *j, int64_t now_ms);
