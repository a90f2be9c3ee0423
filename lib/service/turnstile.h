/* A turnstile: at most so many threads at once in a costly piece of work, and at most so many more that wait for a
 * place. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct turnstile {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int64_t inside;
    int64_t waiting;
    int64_t stay_ms; /* how long the last one was inside */
} turnstile;

/* static turnstile gate = TURNSTILE; */
#define TURNSTILE \
    { .lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER }

typedef struct turnstile_limits {
    int64_t inside;
    int64_t waiting;  /* each is a thread that does nothing else meanwhile */
    int64_t until_ms; /* clock_mono_ms() at which waiting ends */
} turnstile_limits;

/* False at once when too many wait already or the last stay tells that no place becomes free in time, later when none
 * did. turnstile_leave gives it back; a thread is inside one turnstile at a time. */
bool turnstile_enter(turnstile *t, turnstile_limits limits);
void turnstile_leave(turnstile *t);
