#include "pg/conn.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "pg/cancel.h"

enum {
    GRACE_MS = 2000,  /* beyond the server's own timeout: then the network is at fault */
    START_MS = 10000, /* settings and PREPARE of every statement */
    BACKOFF_MIN_MS = 20,
    BACKOFF_MAX_MS = 500,
    RESULTS_MAX = 4, /* a prepared statement answers once, or twice when its commit fails */
};

/* The generic plan of an early, empty table would read all of it for ever, in sequence or once into memory: 2.7 times
 * the CPU at first and more with every row, and rows locked in heap order instead of the set's order, which deadlocks.
 */
static const char store_settings[] = "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;"
                                     "set enable_material = off; set plan_cache_mode = force_generic_plan;";

/* Notices arrive while libpq reads, inside the statement that caused them, or when the server ends idle sessions. */
static void on_notice(void *arg, const PGresult *notice) {
    pg_conn *conn = arg;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (!severity)
        return;
    conn->is_warned |= strcmp(severity, "WARNING") == 0;
    conn->is_ended |= strcmp(severity, "FATAL") == 0;
}

void conn_close(pg_conn *conn) {
    PQfinish(conn->pq);
    conn->pq = NULL;
    conn->is_ended = false;
}

pg_conn *conn_free_one(pg_conn *conns, int n) {
    pg_conn *found = NULL;
    for (int i = 0; i < n && !(found && found->pq); i++)
        if (!conns[i].is_busy && (!found || conns[i].pq))
            found = &conns[i];
    return found;
}

/* False when the time is up. */
static bool await(const pg_conn *conn, short events, int64_t until_ms) {
    for (;;) {
        int64_t left = until_ms - clock_mono_ms();
        struct pollfd fd = { .fd = PQsocket(conn->pq), .events = events };
        int n = left > 0 ? poll(&fd, 1, (int) left) : 0;
        if (n >= 0 || errno != EINTR)
            return n > 0;
    }
}

/* The server may have to be read from before it reads on. */
static bool flush(pg_conn *conn, int64_t until_ms) {
    int left;
    while ((left = PQflush(conn->pq)) > 0)
        if (!await(conn, POLLIN | POLLOUT, until_ms) || !PQconsumeInput(conn->pq))
            return false;
    return left == 0;
}

/* The next result or NULL at the end of a statement; false when the connection is lost or the time is up. */
static bool receive(pg_conn *conn, int64_t until_ms, PGresult **ret_result) {
    while (PQisBusy(conn->pq))
        if (!await(conn, POLLIN, until_ms) || !PQconsumeInput(conn->pq))
            break;
    bool is_late = PQisBusy(conn->pq) && PQstatus(conn->pq) == CONNECTION_OK;
    *ret_result = is_late ? NULL : PQgetResult(conn->pq);
    return !is_late && PQstatus(conn->pq) == CONNECTION_OK;
}

static bool is_good(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_PIPELINE_SYNC;
}

static bh_err *unavailable(bh_call *call, pg_conn *conn) {
    if (!conn->failures) /* once an outage */
        log_event(LOG_WARN, "pg.unavailable", "message=%s", PQerrorMessage(conn->pq));
    conn_close(conn);
    return bh_fail(call, DATABASE_UNAVAILABLE, "");
}

static bh_err *invalid(bh_call *call, pg_conn *conn, const pg_stmt *stmt, const char *message) {
    bh_err *err = bh_fail(call, STATEMENT_INVALID, stmt->name, arena_strdup(call->mem, message));
    log_event(LOG_ERROR, "pg.statement_invalid", "statement=%s message=%s", stmt->name, message);
    conn_close(conn);
    return err;
}

static void cleanup_result(PGresult **result) {
    PQclear(*result);
}

/* Takes the result of one pipelined message and the NULL behind it. */
static bh_err *take(bh_call *call, pg_conn *conn, const pg_stmt *stmt, int64_t until_ms, PGresult **ret_result) {
    PGresult *end = NULL;
    if (!receive(conn, until_ms, ret_result) || !receive(conn, until_ms, &end))
        return unavailable(call, conn);
    assert(!end);
    if (is_good(*ret_result))
        return NULL;
    bool is_our_fault = report_verdict(*ret_result) == SPLIT;
    return is_our_fault ? invalid(call, conn, stmt, PQresultErrorMessage(*ret_result)) : unavailable(call, conn);
}

/* Ends a pipeline; its results have been taken up to the mark that PQpipelineSync made. */
static bh_err *leave_pipeline(bh_call *call, pg_conn *conn, int64_t until_ms) {
    CLEANUP(cleanup_result) PGresult *mark = NULL;
    if (!receive(conn, until_ms, &mark) || PQresultStatus(mark) != PGRES_PIPELINE_SYNC || !PQexitPipelineMode(conn->pq))
        return unavailable(call, conn);
    return NULL;
}

enum { PARAMS_MAX = 64 };

static void declared_types(const pg_stmt *stmt, Oid ret_oids[PARAMS_MAX]) {
    assert(stmt->param_count <= PARAMS_MAX);
    for (size_t i = 0; i < stmt->param_count; i++)
        ret_oids[i] = type_oid_of_name(stmt->params[i].type);
}

static bool send_prepare(pg_conn *conn, const pg_stmt *stmt) {
    Oid oids[PARAMS_MAX];
    declared_types(stmt, oids);
    return PQsendPrepare(conn->pq, stmt->name, stmt->text, (int) stmt->param_count, oids);
}

/* One round trip for all statements. */
static bh_err *prepare_all(bh_call *call, pg_conn *conn) {
    int64_t until_ms = clock_mono_ms() + START_MS;
    bool is_sent = PQenterPipelineMode(conn->pq);
    for (size_t i = 0; is_sent && i < conn->n; i++)
        is_sent = send_prepare(conn, &conn->stmts[i]);
    if (!is_sent || !PQpipelineSync(conn->pq) || !flush(conn, until_ms))
        return unavailable(call, conn);
    for (size_t i = 0; i < conn->n; i++) {
        CLEANUP(cleanup_result) PGresult *result = NULL;
        TRY(take(call, conn, &conn->stmts[i], until_ms, &result));
    }
    return leave_pipeline(call, conn, until_ms);
}

/* Unprepared SQL whose rows, if any, do not matter. */
static bh_err *run_text(bh_call *call, pg_conn *conn, const char *sql, int64_t until_ms) {
    if (!PQsendQuery(conn->pq, sql) || !flush(conn, until_ms))
        return unavailable(call, conn);
    for (int i = 0; i < 16; i++) {
        CLEANUP(cleanup_result) PGresult *result = NULL;
        if (!receive(conn, until_ms, &result) || (result && !is_good(result)))
            return unavailable(call, conn);
        if (!result)
            break;
    }
    return NULL;
}

static bh_err *apply_settings(bh_call *call, pg_conn *conn) {
    const char *settings = arena_printf(call->mem, "set statement_timeout = %d; set jit = off; %s",
                                        conn->options->statement_timeout_ms, conn->is_store ? store_settings : "");
    return run_text(call, conn, settings, clock_mono_ms() + START_MS);
}

bh_err *conn_check(bh_call *call, pg_conn *conn) {
    return run_text(call, conn, "select 1", call->deadline_ms);
}

/* The options of conninfo stand last and so win over ours. */
static PGconn *dial(const pg_options *options) {
    static const char *const keywords[] = { "connect_timeout",     "tcp_user_timeout", "keepalives_idle",
                                            "keepalives_interval", "keepalives_count", "target_session_attrs",
                                            "client_encoding",     "dbname",           NULL };
    const char *const values[] = { "2", "5000", "5", "2", "3", "read-write", "UTF8", options->conninfo, NULL };
    return PQconnectdbParams(keywords, values, 1);
}

static bh_err *connect_now(bh_call *call, pg_conn *conn) {
    conn->pq = dial(conn->options);
    if (PQstatus(conn->pq) != CONNECTION_OK || PQsetnonblocking(conn->pq, 1) != 0)
        return unavailable(call, conn);
    PQsetNoticeReceiver(conn->pq, on_notice, conn);
    TRY(apply_settings(call, conn));
    return prepare_all(call, conn);
}

/* Between half of `most` and all of it. */
static int64_t jittered(int64_t most) {
    uint16_t jitter;
    random_bytes(&jitter, sizeof(jitter));
    return most / 2 + most * jitter / (2 * UINT16_MAX);
}

static int64_t backoff_ms(int failures) {
    int64_t most = BACKOFF_MIN_MS << (failures < 5 ? failures : 5);
    return jittered(most < BACKOFF_MAX_MS ? most : BACKOFF_MAX_MS);
}

void conflict_pause(int attempt) {
    int64_t pause_us = jittered(1000 << (attempt < 5 ? attempt : 5));
    nanosleep(&(struct timespec){ .tv_nsec = pause_us * 1000 }, NULL);
}

/* An idle connection has nothing to read, unless the server said goodbye or a setting changed. */
static bool is_alive(pg_conn *conn) {
    enum { READS_MAX = 8 };
    if (!conn->pq || PQstatus(conn->pq) != CONNECTION_OK)
        return false;
    for (int i = 0; i < READS_MAX; i++) {
        struct pollfd fd = { .fd = PQsocket(conn->pq), .events = POLLIN };
        if (poll(&fd, 1, 0) == 0)
            return true;
        if (!PQconsumeInput(conn->pq))
            return false;
        PQisBusy(conn->pq); /* parses what was read */
        if (conn->is_ended)
            return false;
    }
    return false;
}

bh_err *conn_ready(bh_call *call, pg_conn *conn) {
    if (is_alive(conn))
        return NULL;
    conn_close(conn);
    if (clock_mono_ms() < conn->retry_at_ms)
        return bh_fail(call, DATABASE_UNAVAILABLE, "");
    bh_err *err = connect_now(call, conn);
    if (err) {
        conn->retry_at_ms = clock_mono_ms() + backoff_ms(conn->failures++);
        return err;
    }
    if (conn->failures)
        log_event(LOG_WARN, "pg.available", "failures=%d", conn->failures);
    conn->failures = 0;
    return NULL;
}

/* Declared types reach the server with PREPARE; what it made of them, and of undeclared ones, is read back here. */
static bh_err *describe_params(bh_call *call, pg_conn *conn, const PGresult *description, arena *mem,
                               pg_prepared *prepared) {
    const pg_stmt *stmt = prepared->stmt;
    assert((size_t) PQnparams(description) == stmt->param_count);
    prepared->types = arena_array(mem, stmt->param_count, sizeof(pg_type *));
    for (size_t i = 0; i < stmt->param_count; i++) {
        Oid oid = PQparamtype(description, (int) i);
        prepared->types[i] = stmt->combine ? type_of_array_oid(oid) : type_of_oid(oid);
        if (stmt->combine && type_of_oid(oid)->oid)
            return invalid(call, conn, stmt, "a parameter of a combining statement is not an array");
    }
    enum { INT8_OID = 20 };
    bool has_ord = PQnfields(description) > 0 && strcmp(PQfname(description, 0), "ord") == 0 &&
                   PQftype(description, 0) == INT8_OID;
    if (stmt->combine && !has_ord)
        return invalid(call, conn, stmt, "the first column of a combining statement is not `ord int8`");
    return NULL;
}

bh_err *conn_describe(bh_call *call, pg_conn *conn, arena *mem, pg_prepared *prepared) {
    int64_t until_ms = clock_mono_ms() + START_MS;
    bool is_sent = PQenterPipelineMode(conn->pq);
    for (size_t i = 0; is_sent && i < conn->n; i++)
        is_sent = PQsendDescribePrepared(conn->pq, conn->stmts[i].name);
    if (!is_sent || !PQpipelineSync(conn->pq) || !flush(conn, until_ms))
        return unavailable(call, conn);
    for (size_t i = 0; i < conn->n; i++) {
        CLEANUP(cleanup_result) PGresult *description = NULL;
        TRY(take(call, conn, &conn->stmts[i], until_ms, &description));
        prepared[i].stmt = &conn->stmts[i];
        TRY(describe_params(call, conn, description, mem, &prepared[i]));
    }
    return leave_pipeline(call, conn, until_ms);
}

static bool send_statement(pg_conn *conn, const pg_stmt *stmt, const pg_piece *arguments) {
    enum { BINARY = 1 };
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX];
    int formats[PARAMS_MAX];
    for (size_t i = 0; i < stmt->param_count; i++) {
        values[i] = arguments[i].bytes;
        lengths[i] = (int) arguments[i].size;
        formats[i] = arguments[i].binary ? BINARY : 0;
    }
    const int n = (int) stmt->param_count;
    if (!stmt->replan)
        return PQsendQueryPrepared(conn->pq, stmt->name, n, values, lengths, formats, BINARY);
    Oid oids[PARAMS_MAX];
    declared_types(stmt, oids);
    return PQsendQueryParams(conn->pq, stmt->text, n, oids, values, lengths, formats, BINARY);
}

/* What a statement's results mean. The rows come before the commit, so an error may follow them; a lost connection
 * leaves an error without SQLSTATE. */
static pg_answer judge(pg_conn *conn, const pg_stmt *stmt, PGresult *rows, PGresult *report, bool is_complete) {
    bool is_reported = report && PQresultErrorField(report, PG_DIAG_SQLSTATE);
    bool is_dropped = is_reported && report_verdict(report) == DROP;
    if (!is_complete || is_dropped)
        conn_close(conn);
    if (is_reported && !(rows && is_dropped)) {
        PQclear(rows);
        return (pg_answer){ ANSWER_REFUSED, result_new(report) };
    }
    PQclear(report);
    /* A synchronous commit that stopped waiting for its standby says so in a WARNING, then calls it a success. */
    bool is_doubtful = conn->is_warned && !stmt->read;
    if (is_complete && rows && !is_doubtful)
        return (pg_answer){ ANSWER_ROWS, result_new(rows) };
    PQclear(rows);
    return (pg_answer){ ANSWER_UNKNOWN, NULL };
}

/* Waits for the answer of the statement; true when the call was over first. */
static bool outlives(const bh_call *call, pg_conn *conn, int64_t until_ms) {
    while (PQisBusy(conn->pq) && clock_mono_ms() < until_ms) {
        int64_t look_ms = call_look_ms(call);
        if (call_is_over(call))
            return true;
        if (await(conn, POLLIN, look_ms < until_ms ? look_ms : until_ms) && !PQconsumeInput(conn->pq))
            return false;
    }
    return false;
}

static pg_answer run_to_end(pg_conn *conn, const pg_stmt *stmt, bool is_sent, int64_t until_ms) {
    PGresult *rows = NULL;
    PGresult *report = NULL;
    bool is_complete = false; /* the server said that it is ready again, which is after the commit */
    for (int i = 0; i < RESULTS_MAX && !is_complete; i++) {
        PGresult *result = NULL;
        bool is_open = receive(conn, until_ms, &result);
        is_complete = is_open && is_sent && !result;
        PGresult **place = is_good(result) ? &rows : &report;
        if (*place || !result)
            PQclear(result);
        else
            *place = result;
        if (!is_open && !result)
            break;
    }
    return judge(conn, stmt, rows, report, is_complete);
}

/* A statement that was told to stop is read to its end like any other: only that says whether it came too late. Its
 * connection is kept when the signal has been spent, else the next statement might be hit by it. */
pg_answer conn_run(const bh_call *call, pg_conn *conn, const pg_stmt *stmt, const pg_piece *arguments) {
    int64_t until_ms = clock_mono_ms() + conn->options->statement_timeout_ms + GRACE_MS;
    conn->is_warned = false;
    bool is_sent = send_statement(conn, stmt, arguments) && flush(conn, until_ms);
    bool is_unwanted = is_sent && call && outlives(call, conn, until_ms);
    bool is_safe = !is_unwanted || cancel_statement(conn->pq, until_ms);
    pg_answer answer = run_to_end(conn, stmt, is_sent, until_ms);
    if (!is_safe)
        conn_close(conn);
    if (!is_unwanted || !answer_is_stopped(answer))
        return answer;
    result_drop(answer.result);
    return (pg_answer){ ANSWER_STOPPED, NULL };
}
