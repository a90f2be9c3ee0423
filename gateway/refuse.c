#include "refuse.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
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

/* NULL for r: all went well. */
static void end_open(http_stream *s, const refusal *r) {
    buf body;
    buf_init(&body, s->call->mem);
    protocol_of(s)->end(s, r, &body);
    http_close(s, body.s, body.n);
}

static refusal refusal_of(const http_stream *s, const bh_err *error) {
    refusal r = { .code = error->code, .detail = BH__ERROR_DETAIL__INIT, .retry_ms = s->retry_ms };
    r.detail.reason = (char *) (uintptr_t) error->reason;
    /* They may quote bytes of a header or a path; no client reads a detail that holds a broken string. */
    r.detail.message_zh = utf8_repair(s->call->mem, error->zh);
    r.detail.message_en = utf8_repair(s->call->mem, error->en);
    r.message = wants_english(s) ? r.detail.message_en : r.detail.message_zh;
    r.detail.unblock_zh = (char *) (uintptr_t) error->unblock_zh;
    r.detail.unblock_en = (char *) (uintptr_t) error->unblock_en;
    log_call(s, error->code == BH_INTERNAL || error->code == BH_DATA_LOSS ? LOG_ERROR : LOG_INFO,
             bh_code_name(error->code), error->reason);
    return r;
}

void refuse(http_stream *s, const bh_err *error) {
    const refusal r = refusal_of(s, error);
    if (http_is_open(s))
        end_open(s, &r);
    else
        protocol_of(s)->refuse(s, &r);
}

void refuse_request(http_stream *s, int status, http_header more, const bh_err *error) {
    const refusal r = refusal_of(s, error);
    connect_refuse(s, status, more, &r);
}

void finished(http_stream *s) {
    accepted(s);
    end_open(s, NULL);
}

void accepted(const http_stream *s) {
    log_call(s, LOG_INFO, "OK", "");
}

void abandoned(const http_stream *s) {
    if (!http_is_answered(s))
        log_call(s, LOG_INFO, bh_code_name(BH_CANCELLED), "");
}
