#include "rpc/serve.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/utf8.h"
#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "rpc/guard.h"
#include "rpc/message.h"

enum {
    CALL_MEMORY_MAX = 64 << 20,
    TIMEOUT_MS_DEFAULT = 30 * 1000,
    TIMEOUT_MS_MAX = 10 * 60 * 1000,
    TRACE_SIZE = 32,
    /* A sentence that quotes what a caller sent may be long; the meta part of a frame may not. */
    SENTENCE_SIZE_MAX = 1000
};

static int64_t timeout_ms(const job *j) {
    uint32_t asked = j->open.timeout_ms;
    if (asked == 0)
        return TIMEOUT_MS_DEFAULT;
    return asked < TIMEOUT_MS_MAX ? asked : TIMEOUT_MS_MAX;
}

static bh_call *begin(const serve_setup *setup, const job *j, arena *mem) {
    bh_call *c = arena_alloc(mem, sizeof(*c));
    *c = (bh_call){
        .mem = mem,
        .who = { .login = "", .service = j->caller },
        .site_id = setup->site_id,
        .deadline_ms = j->arrived_ms + timeout_ms(j),
        .cancelled = &j->cancelled,
        .now_ms = clock_now_ms(),
        .trace_id = "",
        .method = "",
        .payload = j->open.payload,
        .payload_size = j->open.payload_size,
        .backend = setup->backend,
    };
    return c;
}

/* Refused before any work; only the meta part has been read, so that the log line names the call. */
static bh_err *admit(bh_call *c, const job *j) {
    if (j->refusal == JOB_QUEUE_FULL)
        return bh_fail(c, QUEUE_FULL);
    if (j->refusal == JOB_SHUTTING_DOWN)
        return bh_fail(c, SHUTTING_DOWN);
    return call_check(c);
}

static bool is_trace_id(const char *text) {
    size_t n = 0;
    while (n <= TRACE_SIZE && isxdigit((unsigned char) text[n]))
        n++;
    return n == TRACE_SIZE && !text[n];
}

/* A principal is believed from a gateway only; from anyone else it is an attempt at something. */
static bh_err *take_principal(bh_call *c, const Bh__Rpc__Principal *sent, allow_role role) {
    if (!sent)
        return NULL;
    if (role != ALLOW_GATEWAY)
        return bh_fail(c, METHOD_NOT_ALLOWED, c->who.service, c->method);
    c->who.user_id = sent->user_id;
    c->who.unit_id = sent->unit_id;
    c->who.post = sent->post;
    c->who.leader_id = sent->leader_id;
    c->who.login = sent->login;
    return NULL;
}

static bh_err *read_meta(bh_call *c, const job *j) {
    ProtobufCMessage *message;
    if (!j->caller[0])
        return bh_fail(c, UNKNOWN_CALLER);
    if (j->fault)
        return bh_fail_why(c, BAD_MESSAGE, j->fault, BAD_FRAME);
    TRY(rpc_unpack(c, &bh__rpc__call_meta__descriptor, j->open.meta, j->open.meta_size, &message));
    const Bh__Rpc__CallMeta *meta = (const Bh__Rpc__CallMeta *) message;
    c->method = meta->method;
    c->attempt = meta->attempt;
    c->trace_id = is_trace_id(meta->trace_id) ? meta->trace_id : trace_id_new(c->mem);
    return take_principal(c, meta->principal, j->role);
}

/* *ret_method: what was called, also when the call is refused; NULL when that cannot be told. */
static bh_err *open_call(const serve_setup *setup, const job *j, bh_call *c, const method **ret_method) {
    TRY(read_meta(c, j));
    *ret_method = methods_find(&setup->methods, c->method);
    TRY(admit(c, j));
    return *ret_method ? method_check(c, *ret_method, j->role) : bh_fail(c, UNKNOWN_METHOD, c->method);
}

static bh_err *answer(bh_call *c, const method *m, ProtobufCMessage **ret_response) {
    ProtobufCMessage *request;
    TRY(rpc_unpack(c, m->type->input, c->payload, c->payload_size, &request));
    TRY(method_invoke(c, m, request, ret_response));
    if (protobuf_c_message_get_packed_size(*ret_response) > RPC_SIZE_MAX)
        return bh_fail(c, MESSAGE_TOO_LARGE, arena_printf(c->mem, "%d", RPC_SIZE_MAX));
    return NULL;
}

static void reply_error(arena *mem, job *j, const bh_err *err) {
    Bh__Rpc__CallStatus status = BH__RPC__CALL_STATUS__INIT;
    status.reason = utf8_clip(mem, err->reason, SENTENCE_SIZE_MAX);
    status.message_zh = utf8_clip(mem, err->zh, SENTENCE_SIZE_MAX);
    status.message_en = utf8_clip(mem, err->en, SENTENCE_SIZE_MAX);
    status.unblock_zh = utf8_clip(mem, err->unblock_zh, SENTENCE_SIZE_MAX);
    status.unblock_en = utf8_clip(mem, err->unblock_en, SENTENCE_SIZE_MAX);
    /* What the I/O thread refused was refused before any work, whatever the reason came to be. */
    frame head = {
        .kind = FRAME_END,
        .flags = FRAME_END_STREAM | (j->refusal ? FRAME_NOT_PROCESSED : 0),
        .status = (uint16_t) err->code,
        .call_id = j->open.call_id,
    };
    message_init(&j->reply, head, &status.base, 0);
}

static void reply_ok(job *j, const ProtobufCMessage *response) {
    frame head = { .kind = FRAME_END, .flags = FRAME_END_STREAM, .call_id = j->open.call_id };
    size_t size = protobuf_c_message_get_packed_size(response);
    uint8_t *payload = message_init(&j->reply, head, NULL, size);
    protobuf_c_message_pack(response, payload);
}

static void log_call(job *j, const bh_call *c, const bh_err *err, int64_t took_ms) {
    log_text text = log_begin(j->line, sizeof(j->line), LOG_INFO, "call");
    log_add(&text, "method", c->method, 128);
    log_add(&text, "code", bh_code_name(err ? err->code : BH_OK), 32);
    log_add_number(&text, "ms", took_ms);
    log_add(&text, "login", c->who.login[0] ? c->who.login : c->who.service, 64);
    log_add(&text, "trace", c->trace_id, TRACE_SIZE);
    log_add_number(&text, "attempt", c->attempt);
    if (err) {
        log_add(&text, "reason", err->reason, 64);
        log_add(&text, "at", arena_printf(c->mem, "%s:%d", err->file, err->line), 64);
        log_add(&text, "message", err->en, 200);
    }
    j->line_size = log_end(&text);
}

arena *serve_arena(void) {
    return arena_new(CALL_MEMORY_MAX);
}

void serve_job(const serve_setup *setup, arena *mem, job *j) {
    bh_call *c = begin(setup, j, mem);
    ProtobufCMessage *response = NULL;
    const method *m = NULL;
    bh_err *err = open_call(setup, j, c, &m);
    if (!err)
        err = answer(c, m, &response);
    if (err)
        reply_error(mem, j, err);
    else
        reply_ok(j, response);
    int64_t ms = clock_mono_ms() - j->arrived_ms;
    log_call(j, c, err, ms);
    if (m)
        tally_add(m->calls, err ? err->code : BH_OK, ms);
    arena_reset(mem);
}
