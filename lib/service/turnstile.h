/* A turnstile: at most so many threads at once in a costly piece of work, the others wait a bounded time. */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "base/call.h"

typedef struct turnstile {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int64_t inside;
} turnstile;

/* static turnstile gate = TURNSTILE; */
#define TURNSTILE \
    { .lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER }

/* Waits for a place, at most wait_ms and the call's deadline: then QUEUE_FULL. turnstile_leave gives it back. */
MUST bh_err *turnstile_enter(bh_call *call, turnstile *t, int64_t places, int64_t wait_ms);
void turnstile_leave(turnstile *t);
