/* The Connect protocol. Calls: JSON or protobuf as the whole body, errors as JSON beside an HTTP status. */
#include "envelope.h"
#include "protocol.h"
#include "rpc/guard.h"
#include "json/base64.h"
#include "json/json.h"

#define STREAM_ACCEPTS \
    { "connect-accept-encoding", "identity" }

static bool read_timeout(const char *text, int64_t *ret_ms) {
    enum { DIGITS_MAX = 10 };
    size_t n = strspn(text, "0123456789");
    *ret_ms = strtoll(text, NULL, 10);
    return n <= DIGITS_MAX && !text[n];
}

static void add_detail(buf *out, const Bh__ErrorDetail *detail) {
    size_t n;
    uint8_t *bytes = rpc_pack(out->mem, &detail->base, &n);
    buf_addf(out, "{\"type\":\"%s\",\"value\":\"", detail->base.descriptor->name);
    base64_add(out, bytes, n, false);
    buf_adds(out, "\",\"debug\":");
    json_write(out, &detail->base, 0);
    buf_addc(out, '}');
}

static void add_error(buf *out, const refusal *r) {
    buf_addf(out, "{\"code\":\"%s\",\"message\":", bh_code_connect(r->code));
    json_quote(out, r->message);
    buf_adds(out, ",\"details\":[");
    add_detail(out, &r->detail);
    buf_adds(out, "]}");
}

/* Without a value nothing is sent. */
static http_header retry_after(const http_stream *s, const refusal *r) {
    enum { MS_PER_S = 1000 };
    long long wait_s = (r->retry_ms + MS_PER_S - 1) / MS_PER_S;
    return (http_header){ "retry-after", wait_s ? arena_printf(s->call->mem, "%lld", wait_s) : NULL };
}

void connect_refuse(http_stream *s, int status, http_header more, const refusal *r) {
    const http_header headers[] = { { "content-type", "application/json" }, more };
    buf out;
    buf_init(&out, s->call->mem);
    add_error(&out, r);
    http_answer(s, status, headers, countof(headers), out.s, out.n);
}

static void refuse(http_stream *s, const refusal *r) {
    connect_refuse(s, bh_code_http(r->code), retry_after(s, r), r);
}

const protocol connect_protocol = {
    .version_header = "connect-protocol-version",
    .encoding_header = "content-encoding",
    .timeout_header = "connect-timeout-ms",
    .timeout_rule = BH_DETAIL_NOT_DIGITS,
    .read_timeout = read_timeout,
    .is_for_calls = true,
    .refuse = refuse,
};

/* ---- streams: HTTP status 200 whatever happens, the outcome is a message of its own ---- */

static void end_stream(http_stream *s, const refusal *r, buf *body) {
    enum { END_STREAM = 2 };
    buf out;
    buf_init(&out, s->call->mem);
    buf_addc(&out, '{');
    if (r) {
        buf_adds(&out, "\"error\":");
        add_error(&out, r);
    }
    buf_addc(&out, '}');
    envelope_add(body, END_STREAM, out.s, out.n);
}

static void refuse_stream(http_stream *s, const refusal *r) {
    const http_header headers[] = { { "content-type", media_of(s)->type }, STREAM_ACCEPTS, retry_after(s, r) };
    buf body;
    buf_init(&body, s->call->mem);
    end_stream(s, r, &body);
    http_answer(s, 200, headers, countof(headers), body.s, body.n);
}

const protocol connect_stream_protocol = {
    .version_header = "connect-protocol-version",
    .encoding_header = "connect-content-encoding",
    .timeout_header = "connect-timeout-ms",
    .timeout_rule = BH_DETAIL_NOT_DIGITS,
    .read_timeout = read_timeout,
    .accepts = STREAM_ACCEPTS,
    .envelope_size = ENVELOPE_SIZE,
    .is_for_streams = true,
    .end = end_stream,
    .refuse = refuse_stream,
};
