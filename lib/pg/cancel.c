#include "pg/cancel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/latch.h"

enum { STACK_SIZE = 256 << 10, ERROR_SIZE = 256 };

/* PQcancel speaks over a connection of its own and knows no time limit, so it has a thread of its own, which is left
 * behind when it takes too long. Whoever lets go last frees. */
typedef struct canceller {
    PGcancel *handle;
    latch done;
    bool is_sent;
    atomic_int holders;
} canceller;

static void let_go(canceller *c) {
    if (atomic_fetch_sub(&c->holders, 1) > 1)
        return;
    PQfreeCancel(c->handle);
    free(c);
}

/* PQcancel returns when the server has hung up, which it does after the signal. */
static void *run(void *data) {
    canceller *c = data;
    char error[ERROR_SIZE];
    c->is_sent = PQcancel(c->handle, error, sizeof(error));
    latch_open(&c->done);
    let_go(c);
    return NULL;
}

static bool start(canceller *c) {
    enum { US_AND_THE_THREAD = 2 };
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    c->holders = US_AND_THE_THREAD;
    bool is_started = pthread_create(&thread, &attributes, run, c) == 0;
    c->holders -= !is_started;
    pthread_attr_destroy(&attributes);
    return is_started;
}

bool cancel_statement(PGconn *pq, int64_t until_ms) {
    canceller *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    c->handle = PQgetCancel(pq);
    c->holders = 1;
    bool is_sent = c->handle && start(c) && latch_wait_until(&c->done, until_ms) && c->is_sent;
    let_go(c);
    return is_sent;
}
