/* The Connect protocol, unary: JSON or protobuf as the whole body, errors as JSON beside an HTTP status. */
#include "protocol.h"
#include "rpc/guard.h"
#include "json/base64.h"
#include "json/json.h"

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

static void refuse(http_stream *s, const refusal *r) {
    enum { MS_PER_S = 1000 };
    long long retry_s = (r->retry_ms + MS_PER_S - 1) / MS_PER_S;
    const http_header headers[] = {
        { "content-type", "application/json" },
        { "retry-after", retry_s ? arena_printf(s->call->mem, "%lld", retry_s) : NULL },
    };
    buf out;
    buf_init(&out, s->call->mem);
    buf_addf(&out, "{\"code\":\"%s\",\"message\":", bh_code_connect(r->code));
    json_quote(&out, r->message);
    buf_adds(&out, ",\"details\":[");
    add_detail(&out, &r->detail);
    buf_adds(&out, "]}");
    http_answer(s, bh_code_http(r->code), headers, countof(headers), out.s, out.n);
}

const protocol connect_protocol = {
    .version_header = "connect-protocol-version",
    .encoding_header = "content-encoding",
    .timeout_header = "connect-timeout-ms",
    .timeout_rule = BH_DETAIL_NOT_DIGITS,
    .read_timeout = read_timeout,
    .refuse = refuse,
};
