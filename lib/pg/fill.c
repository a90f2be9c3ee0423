#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg/result.h"

/* Where a member of a message lies. */
static void *member(ProtobufCMessage *message, unsigned offset) {
    return (char *) message + offset;
}

static _Noreturn void misfit(const char *column, const ProtobufCMessage *message) {
    fprintf(stderr, "fatal: the column %s does not fit the message %s\n", column, message->descriptor->name);
    abort();
}

/* Writes one value of a field's type to `to`: an element or the member itself; false when it does not fit. */
static bool store(arena *mem, const ProtobufCFieldDescriptor *to_field, void *to, pg_field from) {
    switch (to_field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_ENUM:
        *(int32_t *) to = (int32_t) type_to_int(from.type, from.bytes, from.size);
        return true;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *) to = type_to_int(from.type, from.bytes, from.size) != 0;
        return true;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
        *(int64_t *) to = type_to_int(from.type, from.bytes, from.size);
        return true;
    case PROTOBUF_C_TYPE_STRING:
        *(const char **) to = type_to_text(mem, from.type, from.bytes, from.size);
        return true;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *) to = (ProtobufCBinaryData){ (size_t) from.size, (uint8_t *) from.bytes };
        return true;
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_MESSAGE:
        return false;
    }
    return false;
}

static size_t element_size(ProtobufCType type) {
    switch ((int) type) {
    case PROTOBUF_C_TYPE_STRING:
        return sizeof(char *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
        return sizeof(int64_t);
    default:
        return sizeof(int32_t);
    }
}

/* A binary array: int32 dimensions, null flag, element oid, then (length, lower bound) and (size, bytes) each. */
static bool store_array(arena *mem, const ProtobufCFieldDescriptor *to_field, ProtobufCMessage *message,
                        pg_field from) {
    enum { WORD = 4, LENGTH_AT = 12, HEAD = 20 };
    size_t n = get_be(from.bytes, WORD) ? (size_t) get_be(from.bytes + LENGTH_AT, WORD) : 0;
    size_t size = element_size(to_field->type);
    char *elements = arena_array(mem, n, size);
    const char *at = from.bytes + HEAD;
    for (size_t i = 0; i < n; i++) {
        int length = (int) get_be(at, WORD);
        if (length < 0)
            return false;
        /* Elements are not followed by a NUL: copy. */
        const char *bytes = arena_strndup(mem, at + WORD, (size_t) length);
        pg_field element = { .type = from.type, .bytes = bytes, .size = length };
        if (!store(mem, to_field, elements + i * size, element))
            return false;
        at += WORD + length;
    }
    *(size_t *) member(message, to_field->quantifier_offset) = n;
    *(void **) member(message, to_field->offset) = elements;
    return true;
}

/* Null leaves the field at its default, which is what its absence means in proto3. */
static void fill_field(arena *mem, ProtobufCMessage *message, const char *column, pg_field from) {
    const ProtobufCFieldDescriptor *to = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, column);
    bool is_repeated = to && to->label == PROTOBUF_C_LABEL_REPEATED;
    if (!to || is_repeated != from.is_array)
        misfit(column, message);
    if (from.is_null)
        return;
    bool fits = is_repeated ? store_array(mem, to, message, from) : store(mem, to, member(message, to->offset), from);
    if (!fits)
        misfit(column, message);
    if (to->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        *(uint32_t *) member(message, to->quantifier_offset) = to->id;
}

static bool is_for_c(const ProtobufCMessageDescriptor *type, const char *column) {
    if (column[0] == '_')
        return true;
    bool is_answer = strcmp(column, "ord") == 0 || strcmp(column, "outcome") == 0;
    return is_answer && !protobuf_c_message_descriptor_get_field_by_name(type, column);
}

void pg_fill(bh_call *call, const pg_rows *rows, int row, ProtobufCMessage *message) {
    assert(row >= 0 && row < rows->count);
    const PGresult *pq = rows->result->pq;
    int columns = PQnfields(pq);
    for (int i = 0; i < columns; i++)
        if (!is_for_c(message->descriptor, PQfname(pq, i)))
            fill_field(call->mem, message, PQfname(pq, i), result_field(rows->result, rows->first + row, i));
}

void *pg_fill_all(bh_call *call, const pg_rows *rows, const ProtobufCMessageDescriptor *type, size_t *ret_n) {
    size_t n = (size_t) rows->count;
    ProtobufCMessage **messages = arena_array(call->mem, n, sizeof(void *));
    for (size_t i = 0; i < n; i++) {
        messages[i] = arena_alloc(call->mem, type->sizeof_message);
        protobuf_c_message_init(type, messages[i]);
        pg_fill(call, rows, (int) i, messages[i]);
    }
    *ret_n = n;
    return messages;
}
