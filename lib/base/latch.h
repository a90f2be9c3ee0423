/* A one-shot signal from one thread to one other: opened once, waited for once. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct latch {
    _Atomic uint32_t state;
} latch;

/* Everything written before latch_open is seen after the wait. The waiter may free the latch as soon as it is open. */
void latch_open(latch *l);
void latch_wait(latch *l);
/* False when clock_mono_ms() reaches the moment first. */
bool latch_wait_until(latch *l, int64_t mono_ms);
