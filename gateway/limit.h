/* How much one caller may ask: the person behind a session, or the address of whoever shows none that is known. */
#pragma once

#include <stdint.h>
#include <sys/queue.h>

#include "http.h"

enum { LIMIT_SETS = 2048, LIMIT_WAYS = 8, LIMIT_RATE_MAX = 1000000 };

/* What a request counts as: first its body is awaited, then it is a call under way, maybe a stream in the end. */
typedef enum limit_kind {
    LIMIT_BODIES,
    LIMIT_CALLS,
    LIMIT_STREAMS,
    LIMIT_COUNTED,
    LIMIT_RATE = LIMIT_COUNTED,
    LIMIT_KINDS
} limit_kind;

typedef struct limit_settings {
    int64_t calls_max;     /* under way in the whole gateway; as many bodies may be awaited */
    int64_t own_calls_max; /* ... and of one caller */
    int64_t own_rate;      /* calls a second, ... */
    int64_t own_burst;     /* ... after so many at once */
    int64_t streams_max, own_streams_max;
} limit_settings;

/* A caller, or a session that the directory has confirmed: whose it is. */
typedef struct limit_row {
    uint64_t key;    /* 0: free */
    int32_t user_id; /* of a session */
    int32_t open[LIMIT_COUNTED];
    int64_t seen_us;
    int64_t paid_until_us; /* every call pays for a while of its own: ahead of now by at most own_burst calls */
} limit_row;

/* Each key has LIMIT_WAYS places it may stand in: a call looks at no more, whoever else calls. A row gives way when
 * nothing of it is under way, the one longest unseen first. A body that is awaited keeps no call waiting: beyond the
 * limit the oldest of the same caller gives way to the newest, beyond that of all the oldest of all. */
typedef struct limits {
    limit_settings max;
    uint8_t salt[16]; /* nobody can choose names that share a set with another's */
    _Atomic int64_t open[LIMIT_COUNTED];
    _Atomic uint64_t refused[LIMIT_KINDS];
    limit_row rows[LIMIT_SETS][LIMIT_WAYS];
    TAILQ_HEAD(, http_stream) awaited; /* the oldest first */
} limits;

void limits_init(limits *l, const limit_settings *max);
/* Counts a request, whose body is awaited, for its caller until limits_leave; an error sets s->retry_ms. */
MUST bh_err *limits_enter(limits *l, http_stream *s);
/* The body is there: the request counts as a call under way. */
MUST bh_err *limits_call(limits *l, http_stream *s);
/* The session check said that s->call->who sends the request: it counts as a call of his from now on. */
MUST bh_err *limits_confirm(limits *l, http_stream *s);
/* ... or that the session is nobody's: whoever shows it again is a stranger. */
void limits_deny(limits *l, const http_stream *s);
/* The request counts as an open stream, no longer as a call under way. */
MUST bh_err *limits_stream(limits *l, http_stream *s);
void limits_leave(limits *l, http_stream *s);
/* What was refused (base/metric.h); from any thread. */
void limits_metrics(limits *l, buf *out);
