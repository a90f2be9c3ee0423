/* HTTP/2 for a server: requests in, answers out, over bytes; sockets are elsewhere. The only user of nghttp2. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/call.h"
#include "base/metric.h"

enum {
    HTTP_HEADERS_MAX = 64,           /* of one request */
    HTTP_HEADER_SIZE_MAX = 16 << 10, /* all of them together */
    HTTP_STREAMS_MAX = 100,          /* open on one connection */
    HTTP_WINDOW = 256 << 10,         /* bytes of a body that may wait unread */
    HTTP_DISCARD_MAX = 16 << 20,     /* bytes of a body that may follow the answer */
    HTTP_SEND_MS_MAX = 60000,        /* for a client to take its answer, and ... */
    HTTP_BYTES_PER_MS_MIN = 64,      /* ... how fast a long body must move */
};

typedef struct http_header {
    const char *name;
    const char *value; /* of an answer: NULL leaves it out */
} http_header;

typedef struct http_stream http_stream;

/* Who takes what follows the headers of a request. Not called any more once the request is answered. */
typedef struct http_taker {
    /* A piece of the body; http_consume() says when it needs no room any more. */
    void (*body)(http_stream *s, const uint8_t *bytes, size_t n);
    void (*end)(http_stream *s);
    /* The deadline passed while nobody held the stream. */
    void (*late)(http_stream *s);
    /* The stream is about to be freed; may be NULL. */
    void (*gone)(http_stream *s);
    /* Where answers are opened: once a second while one is open, and when the server stops, for it to be closed. */
    void (*tick)(http_stream *s, int64_t mono_ms);
    void (*drain)(http_stream *s);
} http_taker;

/* A part of an answer that comes piece by piece. */
typedef struct http_piece {
    struct http_piece *next;
    const uint8_t *bytes;
    size_t size;
    /* It is out, or never will be. */
    void (*done)(http_stream *s, struct http_piece *piece);
} http_piece;

/* Somebody who works for a stream, which lives until he has released it. */
typedef struct http_holder {
    struct http_holder *next;
    /* The client has left: the work is for nobody any more; NULL when that makes no difference. */
    void (*left)(struct http_holder *holder);
} http_holder;

/* One request and its answer. It lives until the client has left and nobody holds it. */
struct http_stream {
    bh_call *call; /* owns the stream; its deadline is the request's */
    const char *method;
    const char *path;  /* without the query */
    const char *query; /* behind the '?', or "" */
    http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    bool is_overfull; /* there were more or longer headers, which are left out */
    const http_taker *taker;
    void *data; /* the taker's */

    /* The app's (limit.h, live.h). */
    struct limit_row *caller; /* whom it counts for, ... */
    int counts_as;            /* ... as one of this limit_kind */
    TAILQ_ENTRY(http_stream) awaited;
    struct live *live; /* while its answer is open */
    int64_t retry_ms;  /* when it is refused: to come again after so long; 0: no word */

    /* The rest belongs to http.c. */
    struct http_session *session; /* NULL once the client left */
    struct http_app *app;
    http_stream *next;
    int32_t id;
    int64_t began_ms;
    http_holder *holders;
    size_t header_size;
    size_t unconsumed, discarded;
    const char *answer;
    size_t answer_size, answer_sent;
    const http_header *trailers;
    size_t trailer_count;
    int answer_file;
    http_piece *pieces, **pieces_end; /* not out yet; of the first answer_sent bytes are */
    http_piece last;
    bool is_answered;
    bool is_open;    /* more pieces will come */
    bool is_waiting; /* for the next of them */
};

enum { HTTP_CLASSES = 6 };

/* What the sessions of one server share. */
typedef struct http_app {
    /* The headers are complete: choose s->taker, or answer at once. */
    void (*begin)(http_stream *s);
    /* The body is complete; the taker hears of it unless this answers. */
    void (*whole)(http_stream *s);
    /* The stream is about to be freed. */
    void (*gone)(http_stream *s);
    void *data;
    int64_t timeout_ms;                     /* for a request that does not say */
    bool is_draining;                       /* no answer should be opened any more */
    _Atomic size_t streams;                 /* alive now, of all sessions */
    _Atomic uint64_t answers[HTTP_CLASSES]; /* by the first digit of their status; 0: none, the client left */
    metric_times took;                      /* from the headers of a request to its answer */
} http_app;

typedef struct http_session http_session;

http_session *http_session_new(http_app *app);
void http_session_free(http_session *session);
/* Bytes from the client; false: the connection is to be closed once its last bytes are out. */
bool http_session_feed(http_session *session, const uint8_t *bytes, size_t n);
/* The next bytes for the client, valid until the next call; 0 = none now. */
size_t http_session_take(http_session *session, const uint8_t **ret_bytes);
bool http_session_is_over(const http_session *session);
bool http_session_is_idle(const http_session *session);
/* Ends what has waited too long; once a second. */
void http_session_tick(http_session *session, int64_t mono_ms);
/* Says goodbye: no new streams, open answers are closed, requests under way finish. */
void http_session_drain(http_session *session);

/* The value of a header (lower-case name), or "". */
const char *http_header_of(const http_stream *s, const char *name);
/* n bytes of the body are dealt with: the client may send as many more. */
void http_consume(http_stream *s, size_t n);
/* Every hold is released once. */
void http_hold(http_stream *s, http_holder *holder);
void http_release(http_stream *s, http_holder *holder);
/* False while its answer is open. */
bool http_is_answered(const http_stream *s);
/* True when the client has left: an answer would be dropped. */
bool http_is_gone(const http_stream *s);

/* Answers once; later calls and calls after the client left do nothing. The body must live as long as the stream. */
void http_answer(http_stream *s, int status, const http_header *headers, size_t n, const char *body, size_t size);
/* Headers to follow the body of the answer to come, which must not be empty; they live as long as the stream. */
void http_trail(http_stream *s, const http_header *trailers, size_t n);
/* Answers 200 with a body of pieces to come, whose length nobody knows. A client that takes nothing of what waits for
 * him for HTTP_SEND_MS_MAX is cut off. */
void http_open(http_stream *s, const http_header *headers, size_t n);
bool http_is_open(const http_stream *s);
/* The next piece of an open answer. */
void http_push(http_stream *s, http_piece *piece);
/* The last bytes of an open answer, which live as long as the stream. */
void http_close(http_stream *s, const char *bytes, size_t n);
/* Answers 200 with the first `size` bytes of a file from its current position and closes it. */
void http_answer_file(http_stream *s, const http_header *headers, size_t n, int fd, size_t size);
/* What was answered (base/metric.h); from any thread. */
void http_app_metrics(http_app *app, buf *out);
