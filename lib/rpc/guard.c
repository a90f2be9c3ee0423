#include "rpc/guard.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"

/* protobuf-c 1.4.1 recurses without limit, lets 200 KB grow to 18 MB and accepts bad UTF-8, NUL and doubled fields.
 * One pass over the wire format, guided by the descriptor, refuses all that before it sees the bytes. */

enum { FIELDS_MAX = 256, TAG_SIZE_MAX = 5, VARINT_SIZE_MAX = 10 };

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

/* How each field type travels. */
static const uint8_t wire_types[] = {
    [PROTOBUF_C_TYPE_INT32] = WIRE_VARINT,  [PROTOBUF_C_TYPE_SINT32] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_SFIXED32] = WIRE_32,   [PROTOBUF_C_TYPE_INT64] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_SINT64] = WIRE_VARINT, [PROTOBUF_C_TYPE_SFIXED64] = WIRE_64,
    [PROTOBUF_C_TYPE_UINT32] = WIRE_VARINT, [PROTOBUF_C_TYPE_FIXED32] = WIRE_32,
    [PROTOBUF_C_TYPE_UINT64] = WIRE_VARINT, [PROTOBUF_C_TYPE_FIXED64] = WIRE_64,
    [PROTOBUF_C_TYPE_FLOAT] = WIRE_32,      [PROTOBUF_C_TYPE_DOUBLE] = WIRE_64,
    [PROTOBUF_C_TYPE_BOOL] = WIRE_VARINT,   [PROTOBUF_C_TYPE_ENUM] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_STRING] = WIRE_BYTES,  [PROTOBUF_C_TYPE_BYTES] = WIRE_BYTES,
    [PROTOBUF_C_TYPE_MESSAGE] = WIRE_BYTES,
};

/* What is left to read of one message, and what is wrong with it. */
typedef struct scan {
    const uint8_t *at;
    const uint8_t *end;
    int depth;
    bh_detail fault;         /* NONE while all is well */
    const char *fault_field; /* where; NULL outside a known field */
} scan;

static bh_detail scan_message(scan *s, const ProtobufCMessageDescriptor *type);

static bool refuse(scan *s, bh_detail fault) {
    if (!s->fault)
        s->fault = fault;
    return false;
}

static bool read_varint(scan *s, int size_max, uint64_t *ret_value) {
    *ret_value = 0;
    for (int i = 0; i < size_max && s->at < s->end; i++) {
        uint8_t byte = *s->at++;
        *ret_value |= (uint64_t) (byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            return true;
    }
    return refuse(s, BH_DETAIL_NUMBER_CUT_OFF);
}

/* The bytes of one value, left behind; for WIRE_VARINT also its number. */
typedef struct value {
    uint64_t number;
    const uint8_t *bytes;
    size_t size;
} value;

static bool read_fixed(scan *s, uint64_t size, value *ret_value) {
    if (size > (uint64_t) (s->end - s->at))
        return refuse(s, BH_DETAIL_CUT_OFF);
    *ret_value = (value){ .bytes = s->at, .size = (size_t) size };
    s->at += size;
    return true;
}

static bool read_value(scan *s, unsigned wire_type, value *ret_value) {
    uint64_t size;
    switch (wire_type) {
    case WIRE_VARINT:
        return read_varint(s, VARINT_SIZE_MAX, &ret_value->number);
    case WIRE_64:
        return read_fixed(s, 8, ret_value);
    case WIRE_32:
        return read_fixed(s, 4, ret_value);
    case WIRE_BYTES:
        return read_varint(s, TAG_SIZE_MAX, &size) && read_fixed(s, size, ret_value);
    default:
        return refuse(s, BH_DETAIL_UNKNOWN_WIRE_TYPE);
    }
}

static bool check_enum(scan *s, const ProtobufCFieldDescriptor *field, uint64_t number) {
    bool known = protobuf_c_enum_descriptor_get_value(field->descriptor, (int) (uint32_t) number) != NULL;
    return known || refuse(s, BH_DETAIL_UNKNOWN_ENUM);
}

static bool check_text(scan *s, const value *v) {
    return utf8_is_valid((const char *) v->bytes, v->size) || refuse(s, BH_DETAIL_NOT_UTF8);
}

static bool check_submessage(scan *s, const ProtobufCFieldDescriptor *field, const value *v) {
    scan inner = { .at = v->bytes, .end = v->bytes + v->size, .depth = s->depth + 1 };
    bh_detail fault = scan_message(&inner, field->descriptor);
    if (fault && inner.fault_field)
        s->fault_field = inner.fault_field;
    return !fault || refuse(s, fault);
}

/* A packed run of numbers: each is read as it would be alone. */
static bool check_packed(scan *s, const ProtobufCFieldDescriptor *field, const value *v) {
    scan inner = { .at = v->bytes, .end = v->bytes + v->size };
    while (inner.at < inner.end) {
        value element = { 0 };
        if (!read_value(&inner, wire_types[field->type], &element))
            return refuse(s, inner.fault);
        if (field->type == PROTOBUF_C_TYPE_ENUM && !check_enum(s, field, element.number))
            return false;
    }
    return true;
}

static bool check_value(scan *s, const ProtobufCFieldDescriptor *field, const value *v) {
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return check_text(s, v);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return check_submessage(s, field, v);
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        return check_enum(s, field, v->number);
    return true;
}

/* One bit per field of the message; the members of a oneof share the bit of the first. */
typedef struct seen_fields {
    uint64_t bits[FIELDS_MAX / 64];
} seen_fields;

static unsigned once_index(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field) {
    if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return (unsigned) (field - type->fields);
    unsigned i = 0;
    while (!(type->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) ||
           type->fields[i].quantifier_offset != field->quantifier_offset)
        i++;
    return i;
}

static bool check_once(scan *s, seen_fields *seen, const ProtobufCMessageDescriptor *type,
                       const ProtobufCFieldDescriptor *field) {
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return true;
    unsigned i = once_index(type, field);
    uint64_t bit = UINT64_C(1) << (i % 64);
    if (seen->bits[i / 64] & bit)
        return refuse(s, BH_DETAIL_GIVEN_TWICE);
    seen->bits[i / 64] |= bit;
    return true;
}

static bool scan_field(scan *s, seen_fields *seen, const ProtobufCMessageDescriptor *type) {
    uint64_t tag;
    if (!read_varint(s, TAG_SIZE_MAX, &tag))
        return false;
    if (tag >> 3 == 0 || tag > UINT32_MAX)
        return refuse(s, BH_DETAIL_FIELD_NUMBER);
    value v = { 0 };
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(type, (unsigned) (tag >> 3));
    if (!field)
        return read_value(s, tag & 7, &v);
    s->fault_field = field->name;
    unsigned expected = wire_types[field->type];
    bool packed = field->label == PROTOBUF_C_LABEL_REPEATED && expected != WIRE_BYTES && (tag & 7) == WIRE_BYTES;
    if ((tag & 7) != expected && !packed)
        return refuse(s, BH_DETAIL_OTHER_TYPE);
    if (!check_once(s, seen, type, field) || !read_value(s, tag & 7, &v))
        return false;
    return packed ? check_packed(s, field, &v) : check_value(s, field, &v);
}

static bh_detail scan_message(scan *s, const ProtobufCMessageDescriptor *type) {
    assert(type->n_fields <= FIELDS_MAX);
    if (s->depth >= RPC_DEPTH_MAX)
        return BH_DETAIL_TOO_DEEP;
    seen_fields seen = { 0 };
    while (s->at < s->end && scan_field(s, &seen, type))
        s->fault_field = NULL;
    return s->fault;
}

/* The part of the arena that one unpacking may use. */
typedef struct budget {
    arena *mem;
    size_t left;
} budget;

static void *budget_alloc(void *data, size_t size) {
    budget *b = data;
    if (size > b->left)
        return NULL;
    b->left -= size;
    return arena_try_alloc(b->mem, size);
}

static void budget_free(UNUSED void *data, UNUSED void *bytes) {
}

bh_err *rpc_unpack(bh_call *call, const ProtobufCMessageDescriptor *type, const void *bytes, size_t n,
                   ProtobufCMessage **ret_message) {
    if (n > RPC_SIZE_MAX)
        return bh_fail(call, MESSAGE_TOO_LARGE, arena_printf(call->mem, "%d", RPC_SIZE_MAX));
    scan s = { .at = bytes, .end = (const uint8_t *) bytes + n };
    bh_detail fault = scan_message(&s, type);
    if (fault)
        return bh_err_why(call, BH_REASON_BAD_MESSAGE, s.fault_field ? s.fault_field : type->name, fault, __FILE__,
                          __LINE__, (const char *const[4]){ NULL });
    budget b = { .mem = call->mem, .left = RPC_MEMORY_BASE + RPC_MEMORY_FACTOR * n };
    ProtobufCAllocator allocator = { .alloc = budget_alloc, .free = budget_free, .allocator_data = &b };
    *ret_message = protobuf_c_message_unpack(type, &allocator, n, bytes);
    if (!*ret_message)
        return bh_fail(call, MESSAGE_TOO_COMPLEX);
    return NULL;
}

uint8_t *rpc_pack(arena *mem, const ProtobufCMessage *message, size_t *ret_size) {
    *ret_size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(mem, *ret_size);
    protobuf_c_message_pack(message, bytes);
    return bytes;
}
