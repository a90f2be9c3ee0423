/* A server's answer, shared by the commands of a set. */
#pragma once

#include <stdatomic.h>

#include <libpq-fe.h>

#include "pg/pg.h"
#include "pg/types.h"

typedef struct pg_result {
    PGresult *pq;
    atomic_int users;
} pg_result;

/* Takes the PGresult over; the new result has one user. */
pg_result *result_new(PGresult *pq);
pg_result *result_share(pg_result *result);
/* Ends one use; accepts NULL. */
void result_drop(pg_result *result);
/* Ends this use when the call's arena is freed. */
void result_keep(bh_call *call, pg_result *result);

/* One field in binary form, with the type of its column. */
typedef struct pg_field {
    const pg_type *type; /* the element's type when is_array */
    bool is_array;
    bool is_null;
    const char *bytes;
    int size;
} pg_field;

pg_field result_field(const pg_result *result, int row, int column);
