#include "refuse.h"

#include "base/clock.h"
#include "base/log.h"
#include "bihuan/v1/error.pb-c.h"
#include "query.h"
#include "json/base64.h"
#include "json/json.h"

/* Chinese unless ?lang= or else the browser asks for English first. */
static bool wants_english(const http_stream *s) {
    const char *asked = query_value(s->call->mem, s->query, "lang");
    const char *lang = asked && *asked ? asked : http_header_of(s, "accept-language");
    return strncmp(lang, "en", 2) == 0;
}

static void add_detail(buf *out, const bh_err *error) {
    Bh__ErrorDetail detail = BH__ERROR_DETAIL__INIT;
    detail.reason = (char *) (uintptr_t) error->reason;
    detail.message_zh = (char *) (uintptr_t) error->zh;
    detail.message_en = (char *) (uintptr_t) error->en;
    detail.unblock = (char *) (uintptr_t) error->unblock;
    size_t n = protobuf_c_message_get_packed_size(&detail.base);
    uint8_t *bytes = arena_alloc(out->mem, n);
    protobuf_c_message_pack(&detail.base, bytes);
    buf_addf(out, "{\"type\":\"%s\",\"value\":\"", detail.base.descriptor->name);
    base64_add(out, bytes, n, false);
    buf_adds(out, "\",\"debug\":");
    json_write(out, &detail.base, 0);
    buf_addc(out, '}');
}

static void log_call(const http_stream *s, log_level level, const char *code, const char *reason) {
    log_event(level, "http.call", "method=%s path=%.100s code=%s reason=%s user=%s trace=%s ms=%lld", s->method,
              s->path, code, reason, s->call->who.login, s->call->trace_id,
              (long long) (clock_now_ms() - s->call->now_ms));
}

void refuse(http_stream *s, const bh_err *error) {
    static const http_header headers[] = { { "content-type", "application/json" } };
    buf out;
    buf_init(&out, s->call->mem);
    buf_addf(&out, "{\"code\":\"%s\",\"message\":", bh_code_connect(error->code));
    json_quote(&out, wants_english(s) ? error->en : error->zh);
    buf_adds(&out, ",\"details\":[");
    add_detail(&out, error);
    buf_adds(&out, "]}");
    log_call(s, error->code == BH_INTERNAL || error->code == BH_DATA_LOSS ? LOG_ERROR : LOG_INFO,
             bh_code_name(error->code), error->reason);
    http_answer(s, bh_code_http(error->code), headers, countof(headers), out.s, out.n);
}

void accepted(const http_stream *s) {
    log_call(s, LOG_INFO, "OK", "");
}

void abandoned(const http_stream *s) {
    if (!http_is_answered(s))
        log_call(s, LOG_INFO, bh_code_name(BH_CANCELLED), "");
}
