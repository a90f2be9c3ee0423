#include "stream.h"

#include <endian.h>
#include <string.h>

#include "bihuan/v1/error.pb-c.h"
#include "json/json.h"

/* A stream is opened anew before HAProxy, the gateway and the service find that it lasts too long. */
enum { STREAM_MS = 4 * 60 * 1000, HEAD_SIZE = 5, MESSAGE_MAX = 1 << 20, END_STREAM = 2 };

typedef struct reading {
    app *a;
    const ProtobufCMessageDescriptor *type;
    stream_item *item;
    void *data;
    buf *rest; /* bytes of a message that is not whole yet */
    bool is_enough;
    bool is_unreadable;
    bool has_ended;
    bh_err *error; /* what it ended with */
} reading;

static bool take_item(reading *r, const uint8_t *bytes, size_t n) {
    app *a = r->a;
    bh_call *outer = a->call;
    a->call = call_new("item", 0);
    ProtobufCAllocator allocator = remote_allocator(a->call->mem);
    const ProtobufCMessage *message = protobuf_c_message_unpack(r->type, &allocator, n, bytes);
    r->is_unreadable = !message;
    r->is_enough = message && !r->item(r->data, a, message);
    call_free(a->call);
    a->call = outer;
    return !r->is_unreadable && !r->is_enough;
}

static bool take_end(reading *r, const char *json, size_t n) {
    ProtobufCMessage *parsed;
    r->has_ended = true;
    r->is_unreadable = json_parse(r->a->call, json, n, &bh__connect_end__descriptor, &parsed) != NULL;
    if (r->is_unreadable)
        return false;
    const Bh__ConnectEnd *end = (const Bh__ConnectEnd *) parsed;
    r->error = end->error ? remote_error(r->a, end->error) : NULL;
    return true;
}

/* The first message that is whole; *ret_used = 0 when none is. */
static bool take_one(reading *r, const char *bytes, size_t n, size_t *ret_used) {
    uint32_t size;
    *ret_used = 0;
    if (n < HEAD_SIZE)
        return true;
    memcpy(&size, bytes + 1, sizeof(size));
    size = be32toh(size);
    r->is_unreadable = size > MESSAGE_MAX;
    if (r->is_unreadable || n - HEAD_SIZE < size)
        return !r->is_unreadable;
    *ret_used = HEAD_SIZE + size;
    if (bytes[0] & END_STREAM)
        return take_end(r, bytes + HEAD_SIZE, size);
    return take_item(r, (const uint8_t *) bytes + HEAD_SIZE, size);
}

static bool take_part(void *data, const char *bytes, size_t n) {
    reading *r = data;
    size_t used;
    buf_add(r->rest, bytes, n);
    do {
        if (!take_one(r, r->rest->s, r->rest->n, &used))
            return false;
        r->rest->n -= used;
        memmove(r->rest->s, r->rest->s + used, r->rest->n);
    } while (used);
    return true;
}

static void put_in_envelope(arena *mem, const ProtobufCMessage *message, buf *out) {
    size_t n = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(mem, n + 1);
    protobuf_c_message_pack(message, bytes);
    uint32_t size = htobe32((uint32_t) n);
    buf_init(out, mem);
    buf_addc(out, 0);
    buf_add(out, &size, sizeof(size));
    buf_add(out, bytes, n);
}

bh_err *stream_read(app *a, remote_method method, const ProtobufCMessage *request, stream_item *item, void *data) {
    buf rest, body;
    reading r = { .a = a, .type = remote_describe(method)->output, .item = item, .data = data, .rest = &rest };
    buf_init(&rest, a->call->mem);
    put_in_envelope(a->call->mem, request, &body);
    const http_request post = {
        .path = arena_printf(a->call->mem, "/%s/%s", method.service->name, method.name),
        .type = "application/connect+proto",
        .body = body.s,
        .body_size = body.n,
        .part = take_part,
        .part_data = &r,
    };
    http_answer answer;
    bh_err *error = remote_attempt(a, &post, STREAM_MS, &answer);
    if (r.is_enough)
        return NULL;
    if (r.is_unreadable)
        return bh_fail(a->call, ANSWER_UNREADABLE, method.name);
    if (error)
        return error;
    return r.has_ended ? r.error : bh_fail(a->call, CONNECTION_LOST, a->server, "the stream has no end");
}
