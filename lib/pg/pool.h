/* The inside of a pool. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "pg/conn.h"

typedef struct pg_store pg_store;

struct pg_pool {
    arena *mem;
    pg_options options;
    const pg_stmt *stmts;
    size_t n;
    pg_prepared *prepared; /* [n], as the statements */
    pg_store *store;
    _Atomic uint64_t plain_count;   /* statements that were not combined */
    _Atomic uint64_t stopped_count; /* of them, ended by us because nobody waited any more */
    _Atomic int64_t answered_ms;    /* clock_mono_ms() at which the database last did as it was told */
    pthread_mutex_t mutex;          /* guards is_busy of the readers */
    pthread_cond_t freed;
    pg_conn *readers; /* [options.readers] */
};

/* The combining side: carries the commands that wait at the same moment together (combine.c). */
pg_store *store_new(arena *mem, const pg_options *options, const pg_stmt *stmts, size_t n);
/* Connects every store connection. */
MUST bh_err *store_open(bh_call *call, pg_store *store);
void store_close(pg_store *store);
void store_metrics(pg_store *store, buf *out);
/* Joins the waiting set; `pieces` has one piece a parameter. Returns when the command's own row is there. */
MUST bh_err *store_submit(bh_call *call, pg_store *store, const pg_prepared *prepared, const pg_piece *pieces,
                          pg_rows *ret_rows);
