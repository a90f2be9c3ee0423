/* gRPC and gRPC-Web: messages behind envelopes, the outcome behind them, HTTP status 200 whatever happens. */
#include "base/utf8.h"
#include "envelope.h"
#include "protocol.h"
#include "query.h"
#include "rpc/guard.h"
#include "json/base64.h"

/* A sentence in a header is cut here: proxies and clients take some 8 KiB of headers, not more. */
enum { TEXT_MAX = 1 << 10 };

#define ACCEPTS \
    { "grpc-accept-encoding", "identity" }

/* ---- the request ---- */

/* value * ms / parts: milliseconds, rounded up. */
static const struct {
    char unit;
    int64_t ms, parts;
} units[] = {
    { 'H', 3600000, 1 }, { 'M', 60000, 1 }, { 'S', 1000, 1 }, { 'm', 1, 1 }, { 'u', 1, 1000 }, { 'n', 1, 1000000 },
};

static bool read_timeout(const char *text, int64_t *ret_ms) {
    enum { DIGITS_MAX = 8 };
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > DIGITS_MAX || strlen(text) != n + 1)
        return false;
    for (size_t i = 0; i < countof(units); i++) {
        if (units[i].unit != text[n])
            continue;
        *ret_ms = (strtoll(text, NULL, 10) * units[i].ms + units[i].parts - 1) / units[i].parts;
        return true;
    }
    return false;
}

/* ---- the answer ---- */

/* google.rpc.Status with our detail, as grpc-status-details-bin wants it. */
static const char *status_of(arena *mem, const refusal *r) {
    Bh__ErrorDetail detail = r->detail;
    detail.message_zh = utf8_clip(mem, detail.message_zh, TEXT_MAX);
    detail.message_en = utf8_clip(mem, detail.message_en, TEXT_MAX);
    Bh__GrpcStatusDetail any = BH__GRPC_STATUS_DETAIL__INIT;
    any.type_url = arena_printf(mem, "type.googleapis.com/%s", detail.base.descriptor->name);
    any.value.data = rpc_pack(mem, &detail.base, &any.value.len);
    Bh__GrpcStatus status = BH__GRPC_STATUS__INIT;
    status.code = (int32_t) r->code;
    status.message = utf8_clip(mem, r->message, TEXT_MAX);
    status.n_details = 1;
    status.details = (Bh__GrpcStatusDetail *[]){ &any };
    size_t n;
    uint8_t *bytes = rpc_pack(mem, &status.base, &n);
    buf out;
    buf_init(&out, mem);
    base64_add(&out, bytes, n, false);
    return out.s;
}

enum { OUTCOME_FIELDS = 4 };

/* What stands in the trailers, wherever these are. */
static const http_header *outcome(http_stream *s, const refusal *r) {
    arena *mem = s->call->mem;
    http_header *fields = arena_array(mem, OUTCOME_FIELDS, sizeof(*fields));
    fields[0] = (http_header){ "grpc-status", r ? arena_printf(mem, "%d", (int) r->code) : "0" };
    if (!r)
        return fields;
    fields[1] = (http_header){ "grpc-message", query_escape(mem, utf8_clip(mem, r->message, TEXT_MAX)) };
    fields[2] = (http_header){ "grpc-status-details-bin", status_of(mem, r) };
    if (r->retry_ms)
        fields[3] = (http_header){ "grpc-retry-pushback-ms", arena_printf(mem, "%lld", (long long) r->retry_ms) };
    return fields;
}

static void end(http_stream *s, const refusal *r, UNUSED buf *body) {
    http_trail(s, outcome(s, r), OUTCOME_FIELDS);
}

/* Browsers see no trailers: they are a message of their own. */
static void end_web(http_stream *s, const refusal *r, buf *body) {
    enum { TRAILERS = 0x80 };
    const http_header *fields = outcome(s, r);
    buf text;
    buf_init(&text, s->call->mem);
    for (size_t i = 0; i < OUTCOME_FIELDS; i++)
        if (fields[i].value)
            buf_addf(&text, "%s: %s\r\n", fields[i].name, fields[i].value);
    envelope_add(body, TRAILERS, text.s, text.n);
}

/* No message: the headers are the trailers. */
static void refuse(http_stream *s, const refusal *r) {
    http_header headers[2 + OUTCOME_FIELDS] = { { "content-type", media_of(s)->type }, ACCEPTS };
    memcpy(headers + 2, outcome(s, r), OUTCOME_FIELDS * sizeof(*headers));
    http_answer(s, 200, headers, countof(headers), "", 0);
}

#define GRPC(own_end)                                                                                                \
    {                                                                                                                \
        .encoding_header = "grpc-encoding", .timeout_header = "grpc-timeout", .timeout_rule = BH_DETAIL_NOT_TIMEOUT, \
        .read_timeout = read_timeout, .accepts = ACCEPTS, .envelope_size = ENVELOPE_SIZE, .is_for_calls = true,      \
        .is_for_streams = true, .end = own_end, .refuse = refuse                                                     \
    }

const protocol grpc_protocol = GRPC(end);
const protocol grpc_web_protocol = GRPC(end_web);
