#include "remote.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "json/json.h"

enum { PAUSE_FIRST_MS = 100, PAUSE_MAX_MS = 2000, CONNECT_PATIENCE_MS = 5000, ATTEMPTS_MAX = 100 };

const ProtobufCMethodDescriptor *remote_describe(remote_method method) {
    const ProtobufCMethodDescriptor *found =
        protobuf_c_service_descriptor_get_method_by_name(method.service, method.name);
    assert(found);
    return found;
}

ProtobufCMessage *remote_request(app *a, remote_method method) {
    const ProtobufCMessageDescriptor *type = remote_describe(method)->input;
    ProtobufCMessage *request = arena_alloc(a->call->mem, type->sizeof_message);
    type->message_init(request);
    return request;
}

static void *allocate(void *data, size_t size) {
    return arena_try_alloc(data, size);
}

static void release(UNUSED void *data, UNUSED void *memory) {
    /* The arena frees everything at once. */
}

ProtobufCAllocator remote_allocator(arena *mem) {
    return (ProtobufCAllocator){ .alloc = allocate, .free = release, .allocator_data = mem };
}

/* What a status means when the body is not Connect's JSON: HAProxy answers for a gateway that is away. */
static bh_code code_of_status(long status) {
    static const struct {
        long status;
        bh_code code;
    } rows[] = {
        { 400, BH_INTERNAL },           { 401, BH_UNAUTHENTICATED }, { 403, BH_PERMISSION_DENIED },
        { 404, BH_UNIMPLEMENTED },      { 408, BH_UNAVAILABLE },     { 413, BH_RESOURCE_EXHAUSTED },
        { 429, BH_RESOURCE_EXHAUSTED }, { 502, BH_UNAVAILABLE },     { 503, BH_UNAVAILABLE },
        { 504, BH_UNAVAILABLE },
    };
    for (size_t i = 0; i < countof(rows); i++)
        if (rows[i].status == status)
            return rows[i].code;
    return BH_UNKNOWN;
}

static const char *text_of(const char *text, const char *otherwise) {
    return text && *text ? text : otherwise;
}

/* The server's detail when it sent one, else the plain message. */
bh_err *remote_error(app *a, const Bh__ConnectError *from) {
    bh_err error = { .code = bh_code_of_connect(from->code), .reason = "REMOTE_ERROR" };
    error.zh = error.en = text_of(from->message, from->code);
    for (size_t i = 0; i < from->n_details; i++) {
        const Bh__ConnectErrorDetail *part = from->details[i];
        ProtobufCAllocator allocator = remote_allocator(a->call->mem);
        Bh__ErrorDetail *detail = NULL;
        if (strcmp(part->type, "bihuan.v1.ErrorDetail") == 0)
            detail = bh__error_detail__unpack(&allocator, part->value.len, part->value.data);
        if (!detail)
            continue;
        error.reason = text_of(detail->reason, error.reason);
        error.zh = text_of(detail->message_zh, error.zh);
        error.en = text_of(detail->message_en, error.en);
        error.unblock_zh = detail->unblock_zh;
        error.unblock_en = detail->unblock_en;
    }
    return bh_err_raw(a->call, error);
}

static bh_err *refusal(app *a, const http_answer *answer) {
    ProtobufCMessage *parsed;
    bool is_json = strncmp(answer->type, "application/json", strlen("application/json")) == 0;
    if (is_json && !json_parse(a->call, answer->body.s, answer->body.n, &bh__connect_error__descriptor, &parsed))
        return remote_error(a, (const Bh__ConnectError *) parsed);
    return bh_err_raw(
        a->call,
        (bh_err){ .code = code_of_status(answer->status),
                  .reason = "HTTP_STATUS",
                  .zh = arena_printf(a->call->mem, "服务器没有受理（HTTP %ld），请稍后重试，一直如此请联系运维",
                                     answer->status),
                  .en = arena_printf(a->call->mem,
                                     "The server did not take it (HTTP %ld); try again later, then call the operator.",
                                     answer->status) });
}

static bool is_reason(const bh_err *error, const char *const reasons[], size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(error->reason, reasons[i]) == 0)
            return true;
    return false;
}

bool remote_is_passing(const bh_err *error) {
    static const char *const lasting[] = { "SERVER_NOT_TRUSTED" };
    static const char *const passing[] = { "DATABASE_BUSY", "CONCURRENT_CHANGE", "CALLER_BUSY", "CALLER_TOO_FAST",
                                           "CALLER_STREAMS" };
    bool is_away = error->code == BH_UNAVAILABLE || error->code == BH_DEADLINE_EXCEEDED;
    return is_away ? !is_reason(error, lasting, countof(lasting)) : is_reason(error, passing, countof(passing));
}

bool remote_is_settled(const bh_err *error) {
    static const bh_code open[] = { BH_UNAVAILABLE, BH_DEADLINE_EXCEEDED, BH_UNKNOWN, BH_INTERNAL, BH_CANCELLED };
    for (size_t i = 0; error && i < countof(open); i++)
        if (error->code == open[i])
            return false;
    return true;
}

void remote_pause(int64_t ms) {
    struct timespec span = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    nanosleep(&span, NULL);
}

bh_err *remote_attempt(app *a, const http_request *request, int64_t left_ms, http_answer *ret_answer) {
    http_request again = *request;
    again.timeout_ms = left_ms;
    if (again.upload)
        rewind(again.upload);
    TRY(http_exchange(a, &again, ret_answer));
    return ret_answer->status == 200 ? NULL : refusal(a, ret_answer);
}

/* A last try that had no time left says less than what was answered before it. */
static bool is_told(const bh_err *error) {
    return strcmp(error->reason, "NO_ANSWER_IN_TIME") != 0;
}

/* Is it worth another try after `error`? A server that never once answered is given up sooner. */
static bool goes_on(const bh_err *error, bool was_lost, int64_t waited_ms, int64_t left_ms) {
    bool is_unreachable = strcmp(error->reason, "SERVER_UNREACHABLE") == 0;
    return remote_is_passing(error) && left_ms > 0 && (!is_unreachable || was_lost || waited_ms < CONNECT_PATIENCE_MS);
}

bh_err *remote_exchange(app *a, const http_request *request, http_answer *ret_answer) {
    int64_t start_ms = clock_mono_ms(), pause = PAUSE_FIRST_MS;
    bool was_lost = false;
    bh_err *error = NULL, *told = NULL;
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
        int64_t left_ms = start_ms + a->timeout_ms - clock_mono_ms();
        error = remote_attempt(a, request, left_ms > 1 ? left_ms : 1, ret_answer);
        if (!error)
            return NULL;
        told = is_told(error) || !told ? error : told;
        was_lost = was_lost || (!remote_is_settled(error) && strcmp(error->reason, "SERVER_UNREACHABLE") != 0);
        int64_t waited_ms = clock_mono_ms() - start_ms;
        left_ms = a->timeout_ms - waited_ms - pause;
        if (!goes_on(error, was_lost, waited_ms, left_ms))
            break;
        remote_pause(pause);
        pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
    }
    return request->is_command && was_lost && remote_is_passing(error)
               ? bh_fail(a->call, ANSWER_LOST, SAY(a, told->zh, told->en))
               : told;
}

bh_err *remote_call(app *a, remote_method method, const ProtobufCMessage *request, ProtobufCMessage **ret_response) {
    const ProtobufCMethodDescriptor *about = remote_describe(method);
    size_t size = protobuf_c_message_get_packed_size(request);
    uint8_t *bytes = arena_alloc(a->call->mem, size + 1);
    protobuf_c_message_pack(request, bytes);
    const http_request post = {
        .path = arena_printf(a->call->mem, "/%s/%s", method.service->name, method.name),
        .type = "application/proto",
        .body = bytes,
        .body_size = size,
        .is_command = protobuf_c_message_descriptor_get_field_by_name(about->input, "request_id"),
    };
    http_answer answer;
    TRY(remote_exchange(a, &post, &answer));
    if (strcmp(answer.type, "application/proto") != 0)
        return bh_fail(a->call, ANSWER_UNREADABLE, answer.type);
    ProtobufCAllocator allocator = remote_allocator(a->call->mem);
    *ret_response =
        protobuf_c_message_unpack(about->output, &allocator, answer.body.n, (const uint8_t *) answer.body.s);
    return *ret_response ? NULL : bh_fail(a->call, ANSWER_UNREADABLE, about->output->name);
}
