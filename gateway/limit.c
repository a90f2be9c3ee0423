#include "limit.h"

#include <arpa/inet.h>

#include "base/clock.h"
#include "base/hash.h"
#include "refuse.h"
#include "session.h"

enum { US_PER_MS = 1000, US_PER_S = 1000000, RETRY_MS = 1000 };

static int64_t now_us(void) {
    return clock_mono_ms() * US_PER_MS;
}

void limits_init(limits *l, const limit_settings *max) {
    l->max = *max;
    random_bytes(l->salt, sizeof(l->salt));
    TAILQ_INIT(&l->awaited);
}

/* ---- who it is ---- */

/* Never 0. */
static uint64_t key_of(const limits *l, const char *kind, const void *name, size_t n) {
    uint8_t digest[SHA256_SIZE];
    uint64_t key;
    sha256_stream sha;
    sha256_init(&sha);
    sha256_update(&sha, l->salt, sizeof(l->salt));
    sha256_update(&sha, kind, strlen(kind) + 1);
    sha256_update(&sha, name, n);
    sha256_final(&sha, digest);
    memcpy(&key, digest, sizeof(key));
    return key | 1;
}

static uint64_t key_of_person(const limits *l, int32_t user_id) {
    return key_of(l, "person", &user_id, sizeof(user_id));
}

static uint64_t key_of_session(const limits *l, const char *token) {
    return key_of(l, "session", token, strlen(token));
}

/* HAProxy's word for where the request comes from. Of IPv6 the network: a host may use any address of its own. */
static uint64_t key_of_address(const limits *l, const http_stream *s) {
    enum { NETWORK_SIZE = 8 };
    struct in6_addr v6;
    const char *text = http_header_of(s, "x-forwarded-for");
    if (inet_pton(AF_INET6, text, &v6) == 1)
        return key_of(l, "network", &v6, NETWORK_SIZE);
    return key_of(l, "address", text, strlen(text));
}

static limit_row *row_find(limits *l, uint64_t key) {
    limit_row *set = l->rows[(key >> 1) % LIMIT_SETS];
    for (size_t i = 0; i < LIMIT_WAYS; i++)
        if (set[i].key == key)
            return &set[i];
    return NULL;
}

static bool is_free(const limit_row *row) {
    return row->open[LIMIT_BODIES] + row->open[LIMIT_CALLS] + row->open[LIMIT_STREAMS] == 0;
}

/* The row of the key, made when there is none; NULL when every place of the set has requests under way. */
static limit_row *row_need(limits *l, uint64_t key) {
    limit_row *set = l->rows[(key >> 1) % LIMIT_SETS];
    limit_row *row = row_find(l, key);
    for (size_t i = 0; i < LIMIT_WAYS && (!row || row->key != key); i++)
        if (is_free(&set[i]) && (!row || set[i].seen_us < row->seen_us))
            row = &set[i];
    if (row && row->key != key)
        *row = (limit_row){ .key = key };
    if (row)
        row->seen_us = now_us();
    return row;
}

/* The person, when the session was confirmed before; else the address. */
static uint64_t key_of_caller(limits *l, const http_stream *s) {
    const char *token;
    limit_row *session = session_token(s, &token) ? NULL : row_find(l, key_of_session(l, token));
    if (!session)
        return key_of_address(l, s);
    session->seen_us = now_us();
    return key_of_person(l, session->user_id);
}

/* ---- what it may ---- */

static bh_err *refused(limits *l, http_stream *s, limit_kind kind, int64_t retry_ms, bh_err *error) {
    l->refused[kind]++;
    s->retry_ms = retry_ms;
    return error;
}

static const char *number(const http_stream *s, int64_t n) {
    return arena_printf(s->call->mem, "%lld", (long long) n);
}

/* How far the row has paid ahead once it paid for one call more. */
static int64_t ahead_us(const limits *l, const limit_row *row) {
    int64_t left_us = row->paid_until_us - row->seen_us;
    return (left_us > 0 ? left_us : 0) + US_PER_S / l->max.own_rate;
}

static bh_err *pay(limits *l, http_stream *s, limit_row *row) {
    int64_t wait_us = ahead_us(l, row) - l->max.own_burst * US_PER_S / l->max.own_rate;
    if (wait_us > 0)
        return refused(l, s, LIMIT_RATE, wait_us / US_PER_MS + 1,
                       bh_fail(s->call, CALLER_TOO_FAST, number(s, l->max.own_rate)));
    row->paid_until_us = row->seen_us + ahead_us(l, row);
    return NULL;
}

/* Whether one more of the kind may be open. */
static bh_err *check(limits *l, http_stream *s, const limit_row *row, limit_kind kind) {
    bool is_stream = kind == LIMIT_STREAMS;
    int64_t own_max = is_stream ? l->max.own_streams_max : l->max.own_calls_max;
    if (row->open[kind] >= own_max)
        return refused(l, s, kind, RETRY_MS,
                       is_stream ? bh_fail(s->call, CALLER_STREAMS, number(s, own_max))
                                 : bh_fail(s->call, CALLER_BUSY, number(s, own_max)));
    if (l->open[kind] >= (is_stream ? l->max.streams_max : l->max.calls_max))
        return refused(l, s, kind, RETRY_MS, bh_fail(s->call, QUEUE_FULL));
    return NULL;
}

/* From now on the request is of this kind, and nothing else. */
static void count(limits *l, http_stream *s, limit_row *row, limit_kind kind) {
    limits_leave(l, s);
    if (kind == LIMIT_BODIES)
        TAILQ_INSERT_TAIL(&l->awaited, s, awaited);
    row->open[kind]++;
    l->open[kind]++;
    s->caller = row;
    s->counts_as = kind;
}

/* ---- bodies that do not come ---- */

/* Soon after the answer, what it sent is freed, whether or not the rest comes. */
static void give_way(limits *l, http_stream *s, const bh_err *error) {
    limits_leave(l, s);
    if (!http_is_answered(s))
        refuse(s, error);
    s->call->deadline_ms = clock_mono_ms() + RETRY_MS;
}

/* For one more body of the caller. */
static void make_room(limits *l, const limit_row *row) {
    http_stream *s = TAILQ_FIRST(&l->awaited);
    while (s && s->caller != row && row->open[LIMIT_BODIES] >= l->max.own_calls_max)
        s = TAILQ_NEXT(s, awaited);
    const bh_err *error = s ? check(l, s, row, LIMIT_BODIES) : NULL;
    if (error)
        give_way(l, s, error);
}

/* ---- a request on its way ---- */

bh_err *limits_enter(limits *l, http_stream *s) {
    limit_row *row = row_need(l, key_of_caller(l, s));
    if (!row)
        return bh_fail(s->call, QUEUE_FULL);
    TRY(pay(l, s, row));
    make_room(l, row);
    count(l, s, row, LIMIT_BODIES);
    return NULL;
}

bh_err *limits_call(limits *l, http_stream *s) {
    if (s->counts_as != LIMIT_BODIES)
        return NULL;
    TRY(check(l, s, s->caller, LIMIT_CALLS));
    count(l, s, s->caller, LIMIT_CALLS);
    return NULL;
}

bh_err *limits_confirm(limits *l, http_stream *s) {
    const char *token;
    uint64_t key = key_of_person(l, s->call->who.user_id);
    TRY(session_token(s, &token));
    limit_row *session = row_need(l, key_of_session(l, token));
    if (session)
        session->user_id = s->call->who.user_id;
    if (s->caller->key == key)
        return limits_call(l, s);
    limits_leave(l, s);
    limit_row *row = row_need(l, key);
    if (!row)
        return bh_fail(s->call, QUEUE_FULL);
    TRY(pay(l, s, row));
    TRY(check(l, s, row, LIMIT_CALLS));
    count(l, s, row, LIMIT_CALLS);
    return NULL;
}

void limits_deny(limits *l, const http_stream *s) {
    const char *token;
    limit_row *session = session_token(s, &token) ? NULL : row_find(l, key_of_session(l, token));
    if (session)
        *session = (limit_row){ 0 };
}

bh_err *limits_stream(limits *l, http_stream *s) {
    TRY(check(l, s, s->caller, LIMIT_STREAMS));
    count(l, s, s->caller, LIMIT_STREAMS);
    return NULL;
}

void limits_leave(limits *l, http_stream *s) {
    if (!s->caller)
        return;
    if (s->counts_as == LIMIT_BODIES)
        TAILQ_REMOVE(&l->awaited, s, awaited);
    s->caller->open[s->counts_as]--;
    l->open[s->counts_as]--;
    s->caller = NULL;
}

void limits_metrics(limits *l, buf *out) {
    static const char *const labels[LIMIT_KINDS] = { "limit=\"bodies\"", "limit=\"calls\"", "limit=\"streams\"",
                                                     "limit=\"rate\"" };
    metric_head(out, "bihuan_http_limited_total", "counter",
                "Requests refused because their caller, or all together, had asked enough.");
    for (size_t i = 0; i < LIMIT_KINDS; i++)
        metric_sample(out, "bihuan_http_limited_total", labels[i], l->refused[i]);
    metric_head(out, "bihuan_http_streams_open", "gauge", "Streams that are open.");
    metric_sample(out, "bihuan_http_streams_open", "", (uint64_t) l->open[LIMIT_STREAMS]);
}
