/* One connection: connect, prepare, send, wait, tell what became of a statement. Used by one thread at a time. */
#pragma once

#include "pg/answer.h"
#include "pg/encode.h"

/* A statement as the server described it. */
typedef struct pg_prepared {
    const pg_stmt *stmt;
    const pg_type **types; /* of the parameters; of their elements in a combining statement */
} pg_prepared;

typedef struct pg_conn {
    PGconn *pq; /* NULL until the first connect */
    const pg_options *options;
    const pg_stmt *stmts;
    size_t n;
    bool is_store;  /* carries combining statements */
    bool is_busy;   /* for its pool */
    bool is_warned; /* the server sent a WARNING with this statement */
    bool is_ended;  /* the server said goodbye while the connection was idle */
    int failures;   /* connects in a row that failed */
    int64_t retry_at_ms;
} pg_conn;

/* Makes the connection usable: finds out whether an idle one has died, connects and prepares. While the server is away
 * it fails at once between attempts (jittered back-off). Errors: DATABASE_UNAVAILABLE, STATEMENT_INVALID. */
MUST bh_err *conn_ready(bh_call *call, pg_conn *conn);
void conn_close(pg_conn *conn);
/* One round trip on a ready connection, within the call's deadline. */
MUST bh_err *conn_check(bh_call *call, pg_conn *conn);
/* A connection that is not busy, rather one that is open; NULL when there is none. */
pg_conn *conn_free_one(pg_conn *conns, int n);

/* Asks the server for the types of every statement; `prepared` has room for all, `mem` keeps what it points to. */
MUST bh_err *conn_describe(bh_call *call, pg_conn *conn, arena *mem, pg_prepared *prepared);

/* Runs a prepared statement on a ready connection; waits no longer than the statement timeout and a grace. The server
 * is told to stop it when the call it is for is over; NULL: it is for several, and runs to its end. */
pg_answer conn_run(const bh_call *call, pg_conn *conn, const pg_stmt *stmt, const pg_piece *arguments);
/* Sleeps a random moment that grows with the attempt (0, 1, ...): before a statement that lost a conflict is repeated.
 */
void conflict_pause(int attempt);
