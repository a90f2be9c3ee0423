/* What rpc_unpack lets through keeps its promises: UTF-8 without NUL, known enum values, bounded depth and memory, and
 * it packs to bytes that are let through again. The first byte picks the message type. */
#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "bihuan/v1/audit_service.pb-c.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "echo.pb-c.h"
#include "rpc/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const ProtobufCMessageDescriptor *const types[] = {
    &bh__test__echo_request__descriptor,
    &bh__test__node__descriptor,
    &bh__rpc__call_meta__descriptor,
    &bh__rpc__call_status__descriptor,
    &bh__rpc__hello__descriptor,
    &bh__import_tasks_request__descriptor,
    &bh__set_tasks_request__descriptor,
    &bh__create_task_request__descriptor,
    &bh__list_tasks_response__descriptor,
    &bh__submit_report_request__descriptor,
    &bh__watch_changes_request__descriptor,
    &bh__watch_changes_response__descriptor,
};

static void check_message(const ProtobufCMessage *message, int depth);

static void check_value(const ProtobufCFieldDescriptor *field, const void *at, int depth) {
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(char *const *) at;
        assert(!text || utf8_is_valid(text, strlen(text)));
    } else if (field->type == PROTOBUF_C_TYPE_ENUM) {
        assert(protobuf_c_enum_descriptor_get_value(field->descriptor, *(const int *) at));
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE && *(ProtobufCMessage *const *) at) {
        check_message(*(ProtobufCMessage *const *) at, depth + 1);
    }
}

/* The field types that hold something to check are pointers or enums. */
static void check_repeated(const ProtobufCFieldDescriptor *field, const char *message, int depth) {
    size_t size = field->type == PROTOBUF_C_TYPE_ENUM ? sizeof(int) : sizeof(void *);
    bool checked = field->type == PROTOBUF_C_TYPE_ENUM || field->type == PROTOBUF_C_TYPE_STRING ||
                   field->type == PROTOBUF_C_TYPE_MESSAGE;
    size_t count = *(const size_t *) (message + field->quantifier_offset);
    const char *elements = *(char *const *) (message + field->offset);
    for (size_t i = 0; checked && i < count; i++)
        check_value(field, elements + i * size, depth);
}

static void check_message(const ProtobufCMessage *message, int depth) {
    const char *base = (const char *) message;
    assert(depth <= RPC_DEPTH_MAX);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        bool in_oneof = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            check_repeated(field, base, depth);
        else if (!in_oneof || *(const uint32_t *) (base + field->quantifier_offset) == field->id)
            check_value(field, base + field->offset, depth);
    }
}

static void check_again(bh_call *c, const ProtobufCMessage *message) {
    ProtobufCMessage *again;
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = arena_alloc(c->mem, size);
    assert(protobuf_c_message_pack(message, packed) == size);
    assert(!rpc_unpack(c, message->descriptor, packed, size, &again));
    assert(protobuf_c_message_get_packed_size(again) == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    if (n == 0)
        return 0;
    bh_call *c = call_new("fuzz", 0);
    ProtobufCMessage *message;
    bh_err *err = rpc_unpack(c, types[bytes[0] % countof(types)], bytes + 1, n - 1, &message);
    assert(arena_used(c->mem) <= (size_t) RPC_MEMORY_BASE + RPC_MEMORY_FACTOR * n + 4096);
    if (!err) {
        check_message(message, 1);
        check_again(c, message);
    }
    call_free(c);
    return 0;
}
