#include "refuse.h"

#include "base/clock.h"
#include "base/log.h"
#include "protocol.h"
#include "query.h"

/* Chinese unless ?lang= or else the browser asks for English first. */
static bool wants_english(const http_stream *s) {
    const char *asked = query_value(s->call->mem, s->query, "lang");
    const char *lang = asked && *asked ? asked : http_header_of(s, "accept-language");
    return strncmp(lang, "en", 2) == 0;
}

static void log_call(const http_stream *s, log_level level, const char *code, const char *reason) {
    log_event(level, "http.call", "method=%s path=%.100s code=%s reason=%s user=%s trace=%s ms=%lld", s->method,
              s->path, code, reason, s->call->who.login, s->call->trace_id,
              (long long) (clock_now_ms() - s->call->now_ms));
}

void refuse(http_stream *s, const bh_err *error) {
    refusal r = { .code = error->code,
                  .message = wants_english(s) ? error->en : error->zh,
                  .detail = BH__ERROR_DETAIL__INIT };
    r.detail.reason = (char *) (uintptr_t) error->reason;
    r.detail.message_zh = (char *) (uintptr_t) error->zh;
    r.detail.message_en = (char *) (uintptr_t) error->en;
    r.detail.unblock = (char *) (uintptr_t) error->unblock;
    log_call(s, error->code == BH_INTERNAL || error->code == BH_DATA_LOSS ? LOG_ERROR : LOG_INFO,
             bh_code_name(error->code), error->reason);
    protocol_of(s)->refuse(s, &r);
}

void accepted(const http_stream *s) {
    log_call(s, LOG_INFO, "OK", "");
}

void abandoned(const http_stream *s) {
    if (!http_is_answered(s))
        log_call(s, LOG_INFO, bh_code_name(BH_CANCELLED), "");
}
