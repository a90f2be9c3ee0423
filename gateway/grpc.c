/* gRPC, unary: a message behind a prefix of five bytes, the outcome in trailers, HTTP status 200 whatever happens. */
#include <assert.h>

#include "base/utf8.h"
#include "protocol.h"
#include "query.h"
#include "rpc/guard.h"
#include "json/base64.h"

/* A sentence in a header is cut here: proxies and clients take some 8 KiB of headers, not more. */
enum { PREFIX_SIZE = 5, TEXT_MAX = 1 << 10 };

static const http_header encodings = { "grpc-accept-encoding", "identity" };

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

/* One prefix and its message; the size of both. */
static bh_err *check_frame(bh_call *call, const uint8_t *bytes, size_t n, size_t *ret_size) {
    if (n < PREFIX_SIZE)
        return bh_fail_why(call, BAD_MESSAGE, "gRPC", PREFIX_CUT_OFF);
    size_t size = (size_t) bytes[1] << 24 | (size_t) bytes[2] << 16 | (size_t) bytes[3] << 8 | bytes[4];
    if (bytes[0] == 1)
        return bh_fail(call, ENCODING_UNKNOWN, "grpc-encoding");
    if (bytes[0] != 0)
        return bh_fail_why(call, BAD_MESSAGE, "gRPC", PREFIX_FLAGS);
    if (size > RPC_SIZE_MAX)
        return bh_fail(call, MESSAGE_TOO_LARGE, arena_printf(call->mem, "%d", RPC_SIZE_MAX));
    if (size > n - PREFIX_SIZE)
        return bh_fail_why(call, BAD_MESSAGE, "gRPC", PREFIX_SIZE);
    *ret_size = PREFIX_SIZE + size;
    return NULL;
}

/* A method that is no stream takes one message: none or two is UNIMPLEMENTED, as other servers say. */
static bh_err *check_body(bh_call *call, const uint8_t *bytes, size_t n) {
    size_t first, second;
    if (n == 0)
        return bh_fail(call, ONE_MESSAGE_EXPECTED);
    TRY(check_frame(call, bytes, n, &first));
    if (n == first)
        return NULL;
    TRY(check_frame(call, bytes + first, n - first, &second));
    return bh_fail(call, ONE_MESSAGE_EXPECTED);
}

/* ---- the answer ---- */

static void answer(http_stream *s, const http_header *headers, size_t count, uint8_t *bytes, size_t n) {
    static const http_header ok[] = { { "grpc-status", "0" } };
    enum { HEADERS_MAX = 4 };
    http_header all[HEADERS_MAX] = { encodings };
    assert(count < HEADERS_MAX);
    memcpy(all + 1, headers, count * sizeof(*headers));
    size_t size = n - PREFIX_SIZE;
    const uint8_t prefix[PREFIX_SIZE] = { 0, (uint8_t) (size >> 24), (uint8_t) (size >> 16), (uint8_t) (size >> 8),
                                          (uint8_t) size };
    memcpy(bytes, prefix, sizeof(prefix));
    http_trail(s, ok, countof(ok));
    http_answer(s, 200, all, count + 1, (const char *) bytes, n);
}

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

/* No message: the headers are the trailers. */
static void refuse(http_stream *s, const refusal *r) {
    arena *mem = s->call->mem;
    const http_header headers[] = {
        { "content-type", "application/grpc" },
        encodings,
        { "grpc-status", arena_printf(mem, "%d", (int) r->code) },
        { "grpc-message", query_escape(mem, utf8_clip(mem, r->message, TEXT_MAX)) },
        { "grpc-status-details-bin", status_of(mem, r) },
        { "grpc-retry-pushback-ms", arena_printf(mem, "%lld", (long long) r->retry_ms) },
    };
    http_answer(s, 200, headers, countof(headers) - (r->retry_ms ? 0 : 1), "", 0);
}

const protocol grpc_protocol = {
    .encoding_header = "grpc-encoding",
    .timeout_header = "grpc-timeout",
    .timeout_rule = BH_DETAIL_NOT_TIMEOUT,
    .read_timeout = read_timeout,
    .prefix_size = PREFIX_SIZE,
    .check_body = check_body,
    .answer = answer,
    .refuse = refuse,
};
