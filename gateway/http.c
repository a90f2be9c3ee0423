#include "http.h"

#include <assert.h>
#include <unistd.h>

#include <nghttp2/nghttp2.h>

#include "base/clock.h"

enum { TRAILERS_MAX = 4 };

struct http_session {
    nghttp2_session *h2;
    http_app *app;
    http_stream *streams;
};

/* On every answer, whatever it is. */
static const http_header always[] = {
    { "x-content-type-options", "nosniff" },
    { "x-frame-options", "DENY" },
    { "content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox" },
    { "cross-origin-resource-policy", "same-origin" },
    { "referrer-policy", "no-referrer" },
    { "strict-transport-security", "max-age=31536000" },
    { "cache-control", "no-store" },
};

/* ---- the life of a stream ---- */

static http_stream *stream_new(http_session *session, int32_t id) {
    bh_call *call = call_new("", session->app->timeout_ms);
    http_stream *s = arena_alloc(call->mem, sizeof(*s));
    s->call = call;
    s->method = s->path = s->query = "";
    s->session = session;
    s->app = session->app;
    s->id = id;
    s->began_ms = clock_mono_ms();
    s->answer_file = -1;
    s->pieces_end = &s->pieces;
    s->next = session->streams;
    session->streams = s;
    session->app->streams++;
    return s;
}

/* The first piece is dealt with. */
static void drop_piece(http_stream *s) {
    http_piece *piece = s->pieces;
    s->pieces = piece->next;
    s->answer_sent = 0;
    if (!s->pieces)
        s->pieces_end = &s->pieces;
    if (piece->done)
        piece->done(s, piece);
}

static void stream_free(http_stream *s) {
    s->app->streams--;
    if (!s->is_answered)
        s->app->answers[0]++;
    while (s->pieces)
        drop_piece(s);
    if (s->taker && s->taker->gone)
        s->taker->gone(s);
    s->app->gone(s);
    if (s->answer_file >= 0)
        close(s->answer_file);
    call_free(s->call);
}

/* The exchange is over on the wire: answered in full, or the client left. */
static void stream_leave(http_session *session, http_stream *s) {
    http_stream **link = &session->streams;
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    s->session = NULL;
    for (http_holder *holder = s->holders; holder; holder = holder->next)
        if (holder->left)
            holder->left(holder);
    if (!s->holders)
        stream_free(s);
}

void http_hold(http_stream *s, http_holder *holder) {
    holder->next = s->holders;
    s->holders = holder;
}

void http_release(http_stream *s, http_holder *holder) {
    http_holder **link = &s->holders;
    while (*link != holder)
        link = &(*link)->next;
    *link = holder->next;
    if (!s->holders && !s->session)
        stream_free(s);
}

bool http_is_gone(const http_stream *s) {
    return !s->session;
}

bool http_is_answered(const http_stream *s) {
    return s->is_answered && !s->is_open;
}

bool http_is_open(const http_stream *s) {
    return s->is_open && s->session;
}

const char *http_header_of(const http_stream *s, const char *name) {
    for (size_t i = 0; i < s->header_count; i++)
        if (strcmp(s->headers[i].name, name) == 0)
            return s->headers[i].value;
    return "";
}

void http_consume(http_stream *s, size_t n) {
    assert(n <= s->unconsumed);
    s->unconsumed -= n;
    if (s->session)
        nghttp2_session_consume(s->session->h2, s->id, n);
}

/* ---- answers ---- */

static size_t add_headers(nghttp2_nv *nv, const http_header *headers, size_t n) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (headers[i].value)
            nv[count++] = (nghttp2_nv){ .name = (uint8_t *) (uintptr_t) headers[i].name,
                                        .namelen = strlen(headers[i].name),
                                        .value = (uint8_t *) (uintptr_t) headers[i].value,
                                        .valuelen = strlen(headers[i].value) };
    return count;
}

/* The body is out: the flags for its end. */
static uint32_t end_answer(nghttp2_session *h2, const http_stream *s) {
    nghttp2_nv nv[TRAILERS_MAX];
    size_t count = add_headers(nv, s->trailers, s->trailer_count);
    if (count && nghttp2_submit_trailer(h2, s->id, nv, count) == 0)
        return NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    return NGHTTP2_DATA_FLAG_EOF;
}

/* nghttp2 asks for more of the body. A file that became shorter ends the stream, not the process. */
static ssize_t read_answer(nghttp2_session *h2, UNUSED int32_t id, uint8_t *bytes, size_t room, uint32_t *flags,
                           nghttp2_data_source *source, UNUSED void *data) {
    http_stream *s = source->ptr;
    size_t left = s->answer_size - s->answer_sent;
    size_t n = left < room ? left : room;
    if (s->answer_file < 0) {
        memcpy(bytes, s->answer + s->answer_sent, n);
    } else {
        ssize_t got = read(s->answer_file, bytes, n);
        if (got < 0 || (got == 0 && n > 0))
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        n = (size_t) got;
    }
    s->answer_sent += n;
    if (s->answer_sent == s->answer_size)
        *flags |= end_answer(h2, s);
    return (ssize_t) n;
}

/* The same for an answer of pieces. */
static ssize_t read_pieces(nghttp2_session *h2, UNUSED int32_t id, uint8_t *bytes, size_t room, uint32_t *flags,
                           nghttp2_data_source *source, UNUSED void *data) {
    http_stream *s = source->ptr;
    s->is_waiting = !s->pieces && s->is_open;
    s->call->deadline_ms = s->is_waiting ? INT64_MAX : clock_mono_ms() + HTTP_SEND_MS_MAX;
    if (s->is_waiting)
        return NGHTTP2_ERR_DEFERRED;
    size_t n = 0;
    if (s->pieces) {
        size_t left = s->pieces->size - s->answer_sent;
        n = left < room ? left : room;
        memcpy(bytes, s->pieces->bytes + s->answer_sent, n);
        s->answer_sent += n;
        if (n == left)
            drop_piece(s);
    }
    if (!s->pieces && !s->is_open)
        *flags |= end_answer(h2, s);
    return (ssize_t) n;
}

static void count_answer(http_stream *s, int status) {
    enum { CLASS = 100 };
    s->app->answers[status / CLASS % HTTP_CLASSES]++;
    metric_times_add(&s->app->took, clock_mono_ms() - s->began_ms);
}

static void submit(http_stream *s, int status, const http_header *headers, size_t n,
                   const nghttp2_data_provider *body) {
    enum { EXTRA_MAX = 16 };
    nghttp2_nv nv[2 + countof(always) + EXTRA_MAX];
    assert(n <= EXTRA_MAX);
    const http_header own[] = { { ":status", arena_printf(s->call->mem, "%d", status) },
                                { "content-length",
                                  s->is_open ? NULL : arena_printf(s->call->mem, "%zu", s->answer_size) } };
    size_t count = add_headers(nv, own, countof(own));
    count += add_headers(nv + count, always, countof(always));
    count += add_headers(nv + count, headers, n);
    s->is_answered = true;
    count_answer(s, status);
    http_consume(s, s->unconsumed); /* whoever waited with it does so no more */
    s->call->deadline_ms = clock_mono_ms() + HTTP_SEND_MS_MAX + (int64_t) s->answer_size / HTTP_BYTES_PER_MS_MIN;
    if (nghttp2_submit_response(s->session->h2, s->id, nv, count, body) != 0)
        nghttp2_submit_rst_stream(s->session->h2, 0, s->id, NGHTTP2_INTERNAL_ERROR);
}

void http_trail(http_stream *s, const http_header *trailers, size_t n) {
    assert(n <= TRAILERS_MAX);
    s->trailers = trailers;
    s->trailer_count = n;
}

/* Who asks for the head gets no body. */
void http_answer(http_stream *s, int status, const http_header *headers, size_t n, const char *body, size_t size) {
    if (s->is_answered || !s->session)
        return;
    const nghttp2_data_provider provider = { .source.ptr = s, .read_callback = read_answer };
    s->answer = body;
    s->answer_size = size;
    submit(s, status, headers, n, size && strcmp(s->method, "HEAD") != 0 ? &provider : NULL);
}

void http_answer_file(http_stream *s, const http_header *headers, size_t n, int fd, size_t size) {
    if (s->is_answered || !s->session) {
        close(fd);
        return;
    }
    const nghttp2_data_provider provider = { .source.ptr = s, .read_callback = read_answer };
    s->answer_file = fd;
    s->answer_size = size;
    submit(s, 200, headers, n, size ? &provider : NULL);
}

void http_open(http_stream *s, const http_header *headers, size_t n) {
    if (s->is_answered || !s->session)
        return;
    const nghttp2_data_provider provider = { .source.ptr = s, .read_callback = read_pieces };
    s->is_open = true;
    submit(s, 200, headers, n, &provider);
}

static void go_on(http_stream *s) {
    if (s->is_waiting && s->session)
        nghttp2_session_resume_data(s->session->h2, s->id);
    s->is_waiting = false;
}

void http_push(http_stream *s, http_piece *piece) {
    piece->next = NULL;
    *s->pieces_end = piece;
    s->pieces_end = &piece->next;
    go_on(s);
}

void http_close(http_stream *s, const char *bytes, size_t n) {
    s->is_open = false;
    s->last = (http_piece){ .bytes = (const uint8_t *) bytes, .size = n };
    if (n > 0)
        http_push(s, &s->last);
    go_on(s);
}

/* ---- what nghttp2 reports ---- */

static int on_begin_headers(nghttp2_session *h2, const nghttp2_frame *frame, void *data) {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        nghttp2_session_set_stream_user_data(h2, frame->hd.stream_id, stream_new(data, frame->hd.stream_id));
    return 0;
}

static void keep_header(http_stream *s, const char *name, const char *value) {
    if (strcmp(name, ":method") == 0)
        s->method = value;
    else if (strcmp(name, ":path") == 0)
        s->path = value;
    else
        s->headers[s->header_count++] = (http_header){ name, value };
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name, size_t name_size,
                     const uint8_t *value, size_t value_size, UNUSED uint8_t flags, UNUSED void *data) {
    http_stream *s = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (!s || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0; /* trailers say nothing we need */
    s->header_size += name_size + value_size;
    s->is_overfull = s->is_overfull || s->header_size > HTTP_HEADER_SIZE_MAX || s->header_count == HTTP_HEADERS_MAX;
    if (s->is_overfull)
        return 0;
    keep_header(s, arena_strndup(s->call->mem, (const char *) name, name_size),
                arena_strndup(s->call->mem, (const char *) value, value_size));
    return 0;
}

static void begin(http_stream *s) {
    const char *mark = strchr(s->path, '?');
    if (mark) {
        s->query = mark + 1;
        s->path = arena_strndup(s->call->mem, s->path, (size_t) (mark - s->path));
    }
    s->app->begin(s);
    assert(s->taker || s->is_answered);
}

static void end(http_stream *s) {
    if (s->taker && !s->is_answered)
        s->app->whole(s);
    if (s->taker && !s->is_answered)
        s->taker->end(s);
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, UNUSED void *data) {
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    http_stream *s = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (!s)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        begin(s);
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        end(s);
    return 0;
}

/* The answer came before the end of the request. Some clients lose it when they are cut off: let them finish, within
 * reason. */
static void discard(http_stream *s, size_t n) {
    http_consume(s, n);
    s->discarded += n;
    if (s->discarded > HTTP_DISCARD_MAX)
        nghttp2_submit_rst_stream(s->session->h2, 0, s->id, NGHTTP2_NO_ERROR);
}

static int on_body(nghttp2_session *h2, UNUSED uint8_t flags, int32_t id, const uint8_t *bytes, size_t n, void *data) {
    http_stream *s = nghttp2_session_get_stream_user_data(h2, id);
    if (!s) {
        nghttp2_session_consume_connection(((http_session *) data)->h2, n);
        return 0;
    }
    s->unconsumed += n;
    if (s->is_answered || !s->taker)
        discard(s, n);
    else
        s->taker->body(s, bytes, n);
    return 0;
}

static int on_close(nghttp2_session *h2, int32_t id, UNUSED uint32_t code, UNUSED void *data) {
    http_stream *s = nghttp2_session_get_stream_user_data(h2, id);
    if (!s)
        return 0;
    nghttp2_session_set_stream_user_data(h2, id, NULL);
    nghttp2_session_consume_connection(h2, s->unconsumed); /* the window is shared: give it back */
    s->unconsumed = 0;
    stream_leave(s->session, s);
    return 0;
}

/* ---- sessions ---- */

static nghttp2_session *h2_new(http_session *session) {
    nghttp2_session_callbacks *calls;
    nghttp2_option *options;
    nghttp2_session *h2;
    if (nghttp2_session_callbacks_new(&calls) != 0 || nghttp2_option_new(&options) != 0)
        abort();
    nghttp2_session_callbacks_set_on_begin_headers_callback(calls, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(calls, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(calls, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, on_body);
    nghttp2_session_callbacks_set_on_stream_close_callback(calls, on_close);
    nghttp2_option_set_no_auto_window_update(options, 1);
    if (nghttp2_session_server_new2(&h2, calls, session, options) != 0)
        abort();
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(calls);
    return h2;
}

http_session *http_session_new(http_app *app) {
    static const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP_STREAMS_MAX },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP_WINDOW },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEADER_SIZE_MAX },
    };
    http_session *session = calloc(1, sizeof(*session));
    if (!session)
        abort();
    session->app = app;
    session->h2 = h2_new(session);
    /* All streams may be paused at once without starving each other. */
    if (nghttp2_submit_settings(session->h2, 0, settings, countof(settings)) != 0 ||
        nghttp2_session_set_local_window_size(session->h2, 0, 0, HTTP_STREAMS_MAX * HTTP_WINDOW) != 0)
        abort();
    return session;
}

void http_session_free(http_session *session) {
    if (!session)
        return;
    while (session->streams)
        stream_leave(session, session->streams);
    nghttp2_session_del(session->h2);
    free(session);
}

bool http_session_feed(http_session *session, const uint8_t *bytes, size_t n) {
    return nghttp2_session_mem_recv(session->h2, bytes, n) == (ssize_t) n;
}

size_t http_session_take(http_session *session, const uint8_t **ret_bytes) {
    ssize_t n = nghttp2_session_mem_send(session->h2, ret_bytes);
    return n > 0 ? (size_t) n : 0;
}

bool http_session_is_over(const http_session *session) {
    return !nghttp2_session_want_read(session->h2) && !nghttp2_session_want_write(session->h2);
}

bool http_session_is_idle(const http_session *session) {
    return !session->streams;
}

void http_session_tick(http_session *session, int64_t mono_ms) {
    for (http_stream *s = session->streams; s; s = s->next) {
        if (s->is_open)
            s->taker->tick(s, mono_ms);
        if (mono_ms < s->call->deadline_ms)
            continue;
        if (s->is_answered || !s->taker)
            nghttp2_submit_rst_stream(session->h2, 0, s->id, NGHTTP2_CANCEL);
        else if (!s->holders)
            s->taker->late(s);
    }
}

void http_session_drain(http_session *session) {
    session->app->is_draining = true;
    for (http_stream *s = session->streams; s; s = s->next)
        if (s->is_open)
            s->taker->drain(s);
    nghttp2_submit_goaway(session->h2, 0, nghttp2_session_get_last_proc_stream_id(session->h2), NGHTTP2_NO_ERROR, NULL,
                          0);
}

void http_app_metrics(http_app *app, buf *out) {
    static const char *const classes[HTTP_CLASSES] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx" };
    metric_head(out, "bihuan_http_answers_total", "counter", "Requests that ended, by status; none: the client left.");
    for (size_t i = 0; i < HTTP_CLASSES; i++)
        metric_sample(out, "bihuan_http_answers_total", arena_printf(out->mem, "status=\"%s\"", classes[i]),
                      app->answers[i]);
    metric_head(out, "bihuan_http_answer_seconds", "histogram", "From the headers of a request to its answer.");
    metric_times_write(out, "bihuan_http_answer_seconds", "", &app->took);
    metric_head(out, "bihuan_http_requests_open", "gauge", "Requests under way.");
    metric_sample(out, "bihuan_http_requests_open", "", app->streams);
}
