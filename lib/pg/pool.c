#include "pg/pool.h"

#include <assert.h>

#include "base/clock.h"
#include "base/metric.h"

enum { POOL_MEMORY_MAX = 16 << 20, CONFLICTS_MAX = 5, FRESH_MS = 1000 };

static pg_pool *pool_new(const pg_options *options, const pg_stmt *stmts, size_t n) {
    arena *mem = arena_new(POOL_MEMORY_MAX);
    pg_pool *pool = arena_alloc(mem, sizeof(*pool));
    *pool = (pg_pool){ .mem = mem, .options = *options, .stmts = stmts, .n = n };
    pool->options.conninfo = arena_strdup(mem, options->conninfo);
    pool->prepared = arena_array(mem, n, sizeof(pg_prepared));
    pool->readers = arena_array(mem, (size_t) options->readers, sizeof(pg_conn));
    for (int i = 0; i < options->readers; i++)
        pool->readers[i] = (pg_conn){ .options = &pool->options, .stmts = stmts, .n = n };
    pool->store = store_new(mem, &pool->options, stmts, n);
    pthread_cond_init(&pool->freed, NULL);
    pthread_mutex_init(&pool->mutex, NULL);
    return pool;
}

void pg_pool_close(pg_pool *pool) {
    if (!pool)
        return;
    for (int i = 0; i < pool->options.readers; i++)
        conn_close(&pool->readers[i]);
    store_close(pool->store);
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->mutex);
    arena_free(pool->mem);
}

/* All connections at once: a server that has too few of them is found at start, not under load. */
static bh_err *pool_connect(bh_call *call, pg_pool *pool) {
    for (int i = 0; i < pool->options.readers; i++)
        TRY(conn_ready(call, &pool->readers[i]));
    TRY(conn_describe(call, &pool->readers[0], pool->mem, pool->prepared));
    return store_open(call, pool->store);
}

bh_err *pg_pool_open(bh_call *call, const pg_options *options, const pg_stmt *stmts, size_t n, pg_pool **ret_pool) {
    assert(options->readers > 0 && options->connections > 0 && options->set_max > 0);
    pg_pool *pool = pool_new(options, stmts, n);
    bh_err *err = pool_connect(call, pool);
    if (err) {
        pg_pool_close(pool);
        return err;
    }
    *ret_pool = pool;
    return NULL;
}

static struct timespec moment(int64_t mono_ms) {
    return (struct timespec){ .tv_sec = mono_ms / 1000, .tv_nsec = mono_ms % 1000 * 1000000 };
}

/* Waits for a reader while somebody waits for the call. */
static bh_err *borrow(bh_call *call, pg_pool *pool, pg_conn **ret_conn) {
    pg_conn *conn;
    bh_err *err = NULL;
    pthread_mutex_lock(&pool->mutex);
    while (!(conn = conn_free_one(pool->readers, pool->options.readers)) && !(err = call_check(call))) {
        struct timespec until = moment(call_look_ms(call));
        pthread_cond_clockwait(&pool->freed, &pool->mutex, CLOCK_MONOTONIC, &until);
    }
    if (conn)
        conn->is_busy = true;
    pthread_mutex_unlock(&pool->mutex);
    *ret_conn = conn;
    return err;
}

static void give_back(pg_pool *pool, pg_conn *conn) {
    pthread_mutex_lock(&pool->mutex);
    conn->is_busy = false;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->mutex);
}

/* The statement did not happen, or may not have, because the connection went. */
static bool is_lost(pg_answer answer) {
    return answer.kind == ANSWER_UNKNOWN || answer_verdict(answer) == DROP;
}

static bh_err *run_once(bh_call *call, pg_conn *conn, const pg_stmt *stmt, const pg_piece *arguments,
                        pg_answer *ret_answer) {
    TRY(call_check(call));
    TRY(conn_ready(call, conn));
    *ret_answer = conn_run(call, conn, stmt, arguments);
    return NULL;
}

/* One attempt; a read whose connection broke is repeated once on a new one. */
static bh_err *attempt(bh_call *call, pg_conn *conn, const pg_stmt *stmt, const pg_piece *arguments,
                       pg_answer *ret_answer) {
    TRY(run_once(call, conn, stmt, arguments, ret_answer));
    if (!stmt->read || !is_lost(*ret_answer))
        return NULL;
    result_drop(ret_answer->result);
    TRY(run_once(call, conn, stmt, arguments, ret_answer));
    if (ret_answer->kind == ANSWER_UNKNOWN)
        ret_answer->kind = ANSWER_NOT_DONE;
    return NULL;
}

/* The connection is kept while a conflict is waited out: the server is not asked by more threads than it has. */
static bh_err *run_plain(bh_call *call, pg_pool *pool, const pg_stmt *stmt, const pg_piece *arguments,
                         pg_answer *ret_answer) {
    pg_conn *conn;
    TRY(borrow(call, pool, &conn));
    bh_err *err = attempt(call, conn, stmt, arguments, ret_answer);
    for (int i = 0; !err && i < CONFLICTS_MAX && answer_verdict(*ret_answer) == RETRY; i++) {
        result_drop(ret_answer->result);
        conflict_pause(i);
        err = attempt(call, conn, stmt, arguments, ret_answer);
    }
    give_back(pool, conn);
    return err;
}

static bh_err *call_plain(bh_call *call, pg_pool *pool, const pg_stmt *stmt, const pg_piece *arguments,
                          pg_rows *ret_rows) {
    pg_answer answer;
    atomic_fetch_add_explicit(&pool->plain_count, 1, memory_order_relaxed);
    TRY(run_plain(call, pool, stmt, arguments, &answer));
    atomic_fetch_add_explicit(&pool->stopped_count, answer.kind == ANSWER_STOPPED, memory_order_relaxed);
    if (answer.result)
        result_keep(call, answer.result);
    TRY(answer_error(call, stmt, answer));
    assert(answer.result);
    *ret_rows = (pg_rows){ .result = answer.result, .mem = call->mem, .count = PQntuples(answer.result->pq) };
    return NULL;
}

bh_err *pg_call_values(bh_call *call, const pg_stmt *stmt, pg_rows *ret_rows, const pg_value *values, size_t n) {
    pg_pool *pool = call->backend;
    assert(stmt >= pool->stmts && stmt < pool->stmts + pool->n && n == stmt->param_count);
    const pg_prepared *prepared = &pool->prepared[stmt - pool->stmts];
    TRY(call_check(call));
    pg_piece *pieces = arena_array(call->mem, n, sizeof(*pieces));
    for (size_t i = 0; i < n; i++)
        TRY(piece_encode(call, &stmt->params[i], prepared->types[i], values[i], &pieces[i]));
    TRY(stmt->combine ? store_submit(call, pool->store, prepared, pieces, ret_rows)
                      : call_plain(call, pool, stmt, pieces, ret_rows));
    atomic_store(&pool->answered_ms, clock_mono_ms());
    return NULL;
}

/* A connection that broke tells at once. For one that lives no statement is spent under load: the answers to others say
 * enough. */
static bh_err *check(bh_call *call, pg_pool *pool, pg_conn *conn) {
    TRY(conn_ready(call, conn));
    if (clock_mono_ms() - atomic_load(&pool->answered_ms) < FRESH_MS)
        return NULL;
    TRY(conn_check(call, conn));
    atomic_store(&pool->answered_ms, clock_mono_ms());
    return NULL;
}

bh_err *pg_check(bh_call *call) {
    pg_pool *pool = call->backend;
    pg_conn *conn;
    TRY(borrow(call, pool, &conn));
    bh_err *err = check(call, pool, conn);
    give_back(pool, conn);
    return err;
}

void pg_pool_metrics(pg_pool *pool, buf *out) {
    metric_head(out, "bihuan_pg_plain_total", "counter", "Statements for one call.");
    metric_sample(out, "bihuan_pg_plain_total", "", atomic_load(&pool->plain_count));
    metric_head(out, "bihuan_pg_stopped_total", "counter", "Of these, stopped because nobody waited any more.");
    metric_sample(out, "bihuan_pg_stopped_total", "", atomic_load(&pool->stopped_count));
    store_metrics(pool->store, out);
}
