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

int64_t serve_deadline_ms(const job *j) {
    uint32_t asked = j->open.timeout_ms ? j->open.timeout_ms : TIMEOUT_MS_DEFAULT;
    return j->arrived_ms + (asked < TIMEOUT_MS_MAX ? asked : TIMEOUT_MS_MAX);
}

static bh_call *begin(const serve_setup *setup, const job *j, arena *mem) {
    bh_call *c = arena_alloc(mem, sizeof(*c));
    *c = (bh_call){
        .mem = mem,
        .who = { .login = "", .service = j->caller },
        .site_id = setup->site_id,
        .deadline_ms = serve_deadline_ms(j),
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
    if (!*ret_method)
        return bh_fail(c, UNKNOWN_METHOD, c->method);
    if ((*ret_method)->is_stream != (j->stream.caller != NULL))
        return bh_fail(c, WRONG_KIND_OF_CALL, c->method);
    return method_check(c, *ret_method, j->role);
}

static bh_err *answer(bh_call *c, const method *m, ProtobufCMessage **ret_request, ProtobufCMessage **ret_response,
                      rpc_step *ret_step) {
    size_t size_max = m->is_stream ? FRAME_ITEM_MAX : RPC_SIZE_MAX;
    TRY(rpc_unpack(c, m->type->input, c->payload, c->payload_size, ret_request));
    TRY(method_invoke(c, m, *ret_request, ret_response, ret_step));
    if (protobuf_c_message_get_packed_size(*ret_response) > size_max)
        return bh_fail(c, MESSAGE_TOO_LARGE, arena_printf(c->mem, "%zu", size_max));
    return NULL;
}

static void reply_error(arena *mem, job *j, const bh_err *err) {
    Bh__Rpc__CallStatus status = BH__RPC__CALL_STATUS__INIT;
    status.reason = utf8_clip(mem, err->reason, SENTENCE_SIZE_MAX);
    status.message_zh = utf8_clip(mem, err->zh, SENTENCE_SIZE_MAX);
    status.message_en = utf8_clip(mem, err->en, SENTENCE_SIZE_MAX);
    status.unblock_zh = utf8_clip(mem, err->unblock_zh, SENTENCE_SIZE_MAX);
    status.unblock_en = utf8_clip(mem, err->unblock_en, SENTENCE_SIZE_MAX);
    /* What the I/O thread refused was refused before any work, whatever the reason came to be; and as good as that is
     * what it ends before a message was sent. */
    bool is_untouched = j->refusal && !j->stream.sent;
    frame head = {
        .kind = FRAME_END,
        .flags = FRAME_END_STREAM | (is_untouched ? FRAME_NOT_PROCESSED : 0),
        .status = (uint16_t) err->code,
        .call_id = j->open.call_id,
        .messages = j->stream.sent,
    };
    message_init(&j->reply, head, &status.base, 0);
}

/* A message makes the frame's payload, if there is one. */
static void reply_ok(job *j, frame head, const ProtobufCMessage *message) {
    head.call_id = j->open.call_id;
    head.messages = j->stream.sent;
    uint8_t *payload = message_init(&j->reply, head, NULL, message ? protobuf_c_message_get_packed_size(message) : 0);
    if (message)
        protobuf_c_message_pack(message, payload);
}

/* The request is all that a stream remembers. */
static void keep_request(job *j, const ProtobufCMessage *request) {
    zmq_msg_t kept;
    uint8_t *payload =
        message_init(&kept, (frame){ .kind = FRAME_OPEN }, NULL, protobuf_c_message_get_packed_size(request));
    protobuf_c_message_pack(request, payload);
    zmq_msg_move(&j->stream.request, &kept);
    j->open.payload_size = zmq_msg_size(&j->stream.request) - FRAME_HEADER_SIZE;
    j->open.payload = (const uint8_t *) zmq_msg_data(&j->stream.request) + FRAME_HEADER_SIZE;
}

/* The call goes on after this. */
static void reply_step(job *j, const ProtobufCMessage *request, const ProtobufCMessage *response) {
    keep_request(j, request);
    if (j->stream.step == RPC_STEP_WAIT)
        return;
    j->stream.sent++;
    reply_ok(j, (frame){ .kind = FRAME_DATA }, response);
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

static void end_call(job *j, const bh_call *c, const method *m, const bh_err *err) {
    int64_t ms = clock_mono_ms() - j->arrived_ms;
    log_call(j, c, err, ms);
    if (m)
        tally_add(m->calls, err ? err->code : BH_OK, ms);
}

void serve_job(const serve_setup *setup, arena *mem, job *j) {
    bh_call *c = begin(setup, j, mem);
    ProtobufCMessage *request, *response;
    const method *m = NULL;
    rpc_step step = RPC_STEP_END;
    bh_err *err = open_call(setup, j, c, &m);
    if (!err)
        err = answer(c, m, &request, &response, &step);
    j->stream.step = err ? RPC_STEP_END : step;
    if (err)
        reply_error(mem, j, err);
    else if (step == RPC_STEP_END)
        reply_ok(j, (frame){ .kind = FRAME_END, .flags = FRAME_END_STREAM }, m->is_stream ? NULL : response);
    else
        reply_step(j, request, response);
    if (j->stream.step == RPC_STEP_END)
        end_call(j, c, m, err);
    arena_reset(mem);
}
