#include "json/field.h"

#include <assert.h>
#include <stdint.h>

#include "base/macros.h"

#define SIGNED_32 FIELD_INTEGER, sizeof(int32_t), INT32_MIN, INT32_MAX
#define SIGNED_64 FIELD_INTEGER, sizeof(int64_t), INT64_MIN, INT64_MAX
#define UNSIGNED_32 FIELD_INTEGER, sizeof(uint32_t), 0, UINT32_MAX
#define UNSIGNED_64 FIELD_INTEGER, sizeof(uint64_t), 0, UINT64_MAX

static const field_kind kinds[] = {
    [PROTOBUF_C_TYPE_INT32] = { "int32", SIGNED_32 },
    [PROTOBUF_C_TYPE_SINT32] = { "sint32", SIGNED_32 },
    [PROTOBUF_C_TYPE_SFIXED32] = { "sfixed32", SIGNED_32 },
    [PROTOBUF_C_TYPE_INT64] = { "int64", SIGNED_64 },
    [PROTOBUF_C_TYPE_SINT64] = { "sint64", SIGNED_64 },
    [PROTOBUF_C_TYPE_SFIXED64] = { "sfixed64", SIGNED_64 },
    [PROTOBUF_C_TYPE_UINT32] = { "uint32", UNSIGNED_32 },
    [PROTOBUF_C_TYPE_FIXED32] = { "fixed32", UNSIGNED_32 },
    [PROTOBUF_C_TYPE_UINT64] = { "uint64", UNSIGNED_64 },
    [PROTOBUF_C_TYPE_FIXED64] = { "fixed64", UNSIGNED_64 },
    [PROTOBUF_C_TYPE_BOOL] = { "bool", FIELD_BOOL, sizeof(protobuf_c_boolean), 0, 1 },
    [PROTOBUF_C_TYPE_ENUM] = { "enum", FIELD_ENUM, sizeof(int32_t), INT32_MIN, INT32_MAX },
    [PROTOBUF_C_TYPE_STRING] = { "string", FIELD_STRING, sizeof(char *), 0, 0 },
    [PROTOBUF_C_TYPE_BYTES] = { "bytes in base64", FIELD_BYTES, sizeof(ProtobufCBinaryData), 0, 0 },
    [PROTOBUF_C_TYPE_MESSAGE] = { "object", FIELD_MESSAGE, sizeof(ProtobufCMessage *), 0, 0 },
};

const field_kind *field_kind_of(const ProtobufCFieldDescriptor *field) {
    assert(field->type < countof(kinds) && kinds[field->type].name);
    return &kinds[field->type];
}

wide field_integer(const field_kind *kind, const void *slot) {
    if (kind->size == sizeof(int32_t))
        return kind->min < 0 ? (wide) * (const int32_t *) slot : (wide) * (const uint32_t *) slot;
    return kind->min < 0 ? (wide) * (const int64_t *) slot : (wide) * (const uint64_t *) slot;
}

void field_set_integer(const field_kind *kind, void *slot, wide value) {
    if (kind->size == sizeof(int32_t))
        *(uint32_t *) slot = (uint32_t) value;
    else
        *(uint64_t *) slot = (uint64_t) value;
}

bool field_is_choice(const ProtobufCFieldDescriptor *field) {
    return field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

size_t *field_count(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message) {
    return (size_t *) ((char *) (uintptr_t) message + field->quantifier_offset);
}

int *field_choice(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message) {
    return (int *) ((char *) (uintptr_t) message + field->quantifier_offset);
}
