#include "rpc/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "rpc/guard.h"
#include "rpc/message.h"

static void fill_principal(Bh__Rpc__Principal *sent, const principal *who) {
    *sent = (Bh__Rpc__Principal) BH__RPC__PRINCIPAL__INIT;
    sent->user_id = who->user_id;
    sent->unit_id = who->unit_id;
    sent->post = who->post;
    sent->leader_id = who->leader_id;
    sent->login = (char *) who->login;
}

/* The server that is named, else the part of "/pkg.Service/Method" between the slashes. */
static void name_service(rpc_result *result, const rpc_request *request) {
    const char *name = request->server ? request->server : request->method + (request->method[0] == '/');
    size_t n = strcspn(name, "/");
    memcpy(result->argument, name, n < sizeof(result->argument) ? n : sizeof(result->argument) - 1);
}

static void refuse(rpc_result *result, bh_reason failure, const char *argument) {
    result->failed = true;
    result->failure = failure;
    snprintf(result->argument, sizeof(result->argument), "%s", argument);
    zmq_msg_init(&result->request);
}

/* A server would hang up on such frames, and all calls under way would end with this one. */
static void pack(rpc_result *result, const rpc_request *request, const ProtobufCMessage *meta) {
    frame head = { .kind = FRAME_OPEN,
                   .flags = FRAME_END_STREAM | FRAME_BUNDLES,
                   .messages = result->window.messages,
                   .bytes = result->window.bytes };
    if (request->payload_size > RPC_SIZE_MAX) {
        refuse(result, BH_REASON_MESSAGE_TOO_LARGE, "4194304");
    } else if (protobuf_c_message_get_packed_size(meta) > FRAME_META_MAX) {
        refuse(result, BH_REASON_MESSAGE_TOO_LARGE, "8192");
    } else {
        uint8_t *payload = message_init(&result->request, head, meta, request->payload_size);
        if (request->payload_size)
            memcpy(payload, request->payload, request->payload_size);
    }
}

rpc_result *rpc_result_new(const rpc_request *request, rpc_item *item, rpc_done *done, void *data) {
    rpc_result *result = calloc(1, sizeof(*result));
    if (!result)
        abort();
    Bh__Rpc__Principal sent;
    Bh__Rpc__CallMeta meta = BH__RPC__CALL_META__INIT;
    meta.method = (char *) request->method;
    meta.trace_id = (char *) request->trace_id;
    if (request->who) {
        fill_principal(&sent, request->who);
        meta.principal = &sent;
    }
    result->holders = 1;
    result->item = item;
    if (item)
        result->window = (credit){ STREAM_MESSAGES_MAX, STREAM_BYTES_MAX };
    zmq_msg_init(&result->message);
    name_service(result, request);
    pack(result, request, &meta.base);
    result->deadline_ms = request->deadline_ms;
    result->done = done;
    result->data = data;
    return result;
}

void rpc_result_answer(rpc_result *result, zmq_msg_t *message, const frame *answer) {
    result->answer = *answer;
    message_share(&result->message, message, &result->answer);
}

bool rpc_result_item(rpc_result *result, const frame *message) {
    if (message->messages != result->items + 1 || !credit_take(&result->window, message->payload_size))
        return false;
    result->items++;
    result->item(result->data, message->payload, message->payload_size);
    return true;
}

/* libzmq may still hold the bytes that were sent, so the next attempt has its own. */
void rpc_result_again(rpc_result *result) {
    frame sent;
    zmq_msg_t again;
    message_parse(&result->request, &sent);
    Bh__Rpc__CallMeta *meta = bh__rpc__call_meta__unpack(NULL, sent.meta_size, sent.meta);
    meta->attempt = ++result->attempt;
    uint8_t *payload = message_init(&again, sent, &meta->base, sent.payload_size);
    memcpy(payload, sent.payload, sent.payload_size);
    bh__rpc__call_meta__free_unpacked(meta, NULL);
    zmq_msg_move(&result->request, &again);
    zmq_msg_close(&result->message);
    zmq_msg_init(&result->message);
    result->answer = (frame){ 0 };
}

void rpc_result_finish(rpc_result *result) {
    zmq_msg_close(&result->request);
    result->has_ended = true;
    result->done(result->data, result);
}

void rpc_result_fail(rpc_result *result, bh_reason failure) {
    result->failed = true;
    result->failure = failure;
    rpc_result_finish(result);
}

bh_err *rpc_result_error(bh_call *call, const rpc_result *result) {
    ProtobufCMessage *message;
    if (result->failed)
        return bh_err_new(call, result->failure, __FILE__, __LINE__, (const char *const[4]){ result->argument });
    if (result->answer.status == BH_OK)
        return NULL;
    TRY(rpc_unpack(call, &bh__rpc__call_status__descriptor, result->answer.meta, result->answer.meta_size, &message));
    const Bh__Rpc__CallStatus *status = (const Bh__Rpc__CallStatus *) message;
    return bh_err_raw(call, (bh_err){
                                .code = (bh_code) result->answer.status,
                                .reason = status->reason,
                                .zh = status->message_zh,
                                .en = status->message_en,
                                .unblock_zh = status->unblock_zh,
                                .unblock_en = status->unblock_en,
                                .file = __FILE__,
                                .line = __LINE__,
                            });
}

const uint8_t *rpc_result_payload(const rpc_result *result, size_t *ret_size) {
    *ret_size = result->answer.payload_size;
    return result->answer.payload;
}

void rpc_result_hold(rpc_result *result) {
    atomic_fetch_add(&result->holders, 1);
}

void rpc_result_free(rpc_result *result) {
    if (!result || atomic_fetch_sub(&result->holders, 1) > 1)
        return;
    zmq_msg_close(&result->message);
    free(result);
}
