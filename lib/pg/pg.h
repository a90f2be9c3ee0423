/* Statements over PostgreSQL: prepared at start, one round trip a call, commands combined into sets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/buf.h"
#include "base/call.h"
#include "base/uuid.h"

/* A parameter as the head of the .sql file declares it: `-- $1 site int4[]`. */
typedef struct pg_param {
    const char *name;
    const char *type;
} pg_param;

/* One .sql file, embedded by tools/sql2c.py. A combining statement takes one array per parameter and answers
 * (ord int8, outcome, ...) rows, at most one per ordinal of its arrays; an ordinal without a row (somebody changed the
 * object meanwhile) is run again. Its header line `-- combine: $N` names the parameter that holds the object's id.
 * `-- read` marks a statement that changes nothing: it is repeated after a lost connection. `-- replan` marks one over
 * a table that fills and empties: a plan that was made while it was empty reads all of it for each row of itself. */
typedef struct pg_stmt {
    const char *name; /* "task/list.sql" */
    const char *text;
    const pg_param *params;
    size_t param_count;
    int combine; /* 0 = plain, else the number N of the object parameter */
    bool read;
    bool replan;
} pg_stmt;

typedef struct pg_options {
    const char *conninfo;
    int connections;          /* for combining statements: 1, or 2 on slow disks */
    int readers;              /* connections for plain statements */
    int set_max;              /* commands in one set (64) */
    int statement_timeout_ms; /* the service's own timeout, the same for every set */
} pg_options;

typedef struct pg_pool pg_pool;

/* Connects, prepares every statement and describes its parameters and columns; a statement that does not prepare is an
 * error. The pool reconnects by itself later on. pg_pool_close accepts NULL. */
MUST bh_err *pg_pool_open(bh_call *call, const pg_options *options, const pg_stmt *stmts, size_t n, pg_pool **ret_pool);
void pg_pool_close(pg_pool *pool);
/* NULL when the database of c->backend holds its connection and answered within the last second, or answers now. */
MUST bh_err *pg_check(bh_call *call);
/* What it carried (base/metric.h); from any thread. */
void pg_pool_metrics(pg_pool *pool, buf *out);

/* One argument; the statement's described parameter type must agree. In a combining statement it is one element; a
 * list (PG_INTS, PG_TEXTS) then fills an element of a text[] parameter as the literal of an array: x.units::int4[]. */
typedef enum pg_kind { PG_NULL, PG_BOOL, PG_INT, PG_TEXT, PG_BYTES, PG_UUID, PG_DATE, PG_INTS, PG_TEXTS } pg_kind;

typedef struct pg_value {
    pg_kind kind;
    int64_t number;    /* PG_BOOL, PG_INT (int2/4/8; timestamptz: ms since 1970), PG_DATE: days since 1970-01-01 */
    const void *bytes; /* PG_TEXT (any type by its text form), PG_BYTES, PG_UUID; lists: int32_t or const char * */
    size_t size;       /* bytes; elements for PG_INTS and PG_TEXTS */
} pg_value;

pg_value pg_null(void);
pg_value pg_bool(bool value);
pg_value pg_int(int64_t value);
pg_value pg_text(const char *value); /* NULL gives SQL null */
pg_value pg_bytes(const void *bytes, size_t n);
pg_value pg_uuid(const uuid *value); /* not copied: must live until the call returns */
pg_value pg_date(int32_t days);
pg_value pg_ints(const int32_t *values, size_t n);
pg_value pg_texts(const char *const *values, size_t n);

/* Rows of one call; text and bytes point into the result, which the call's arena owns. */
typedef struct pg_rows {
    const struct pg_result *result;
    arena *mem; /* where text forms are made */
    int first;
    int count;
} pg_rows;

/* pg_call(c, &task_sql[TASK_SQL_LIST], &rows, pg_int(c->site_id), pg_text(name)); runs on c->backend.
 * Combining statements join the waiting set and get their own row back; `outcome` is for the caller to read.
 * Errors: by sqlstate.def; OUTCOME_UNKNOWN when a connection broke after the statement was sent. */
#define pg_call(call, stmt, ret_rows, ...)                                        \
    pg_call_values((call), (stmt), (ret_rows), (const pg_value[]){ __VA_ARGS__ }, \
                   sizeof((const pg_value[]){ __VA_ARGS__ }) / sizeof(pg_value))
MUST bh_err *pg_call_values(bh_call *call, const pg_stmt *stmt, pg_rows *ret_rows, const pg_value *values, size_t n);

/* Column access by name; a missing column is a programmer's error. Null gives 0, "" or no bytes. */
int64_t pg_get_int(const pg_rows *rows, int row, const char *column);
const char *pg_get_text(const pg_rows *rows, int row, const char *column);
const uint8_t *pg_get_bytes(const pg_rows *rows, int row, const char *column, size_t *ret_size);
bool pg_is_null(const pg_rows *rows, int row, const char *column);

/* Copies every column into the message field of the same name: int2/4/8 -> integers, enums and bool, text/uuid/date/
 * numeric -> string, bytea -> bytes, int4[] and text[] -> repeated. A column without a field is a programmer's error,
 * except `ord`, `outcome` and names that begin with an underscore: those are for C. */
void pg_fill(bh_call *call, const pg_rows *rows, int row, ProtobufCMessage *message);
/* All rows as a repeated field: *ret_n messages of this type, in the arena. */
void *pg_fill_all(bh_call *call, const pg_rows *rows, const ProtobufCMessageDescriptor *type, size_t *ret_n);
