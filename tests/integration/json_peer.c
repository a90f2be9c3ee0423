/* One side of the comparison with a foreign implementation of the JSON mapping (test_json_mapping.py).
 * json_peer write SEED COUNT: random messages of every type, one a line: TYPE WIRE-BASE64 JSON
 * json_peer read: lines "TYPE JSON" in, the wire bytes in base64 or the reason of the refusal out. */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "bihuan/v1/audit_service.pb-c.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "bihuan/v1/target_service.pb-c.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "json_test.pb-c.h"
#include "json/base64.h"
#include "json/json.h"

enum { TYPES_MAX = 256, TIMEOUT_MS = 60000 };

static const ProtobufCServiceDescriptor *const services[] = {
    &bh__directory_service__descriptor, &bh__target_service__descriptor, &bh__task_service__descriptor,
    &bh__progress_service__descriptor,  &bh__audit_service__descriptor,
};

static const ProtobufCMessageDescriptor *types[TYPES_MAX];
static size_t type_count;

static void find_types(void) {
    types[type_count++] = &bh__test__every__descriptor;
    for (size_t i = 0; i < countof(services); i++)
        for (unsigned m = 0; m < services[i]->n_methods && type_count + 2 <= TYPES_MAX; m++) {
            types[type_count++] = services[i]->methods[m].input;
            types[type_count++] = services[i]->methods[m].output;
        }
}

/* ---- random messages ---- */

static uint64_t seed;

/* splitmix64: the same seed gives the same messages everywhere. */
static uint64_t draw(uint64_t below) {
    uint64_t z = seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % below;
}

static uint64_t draw_number(void) {
    static const uint64_t edges[] = { 0, 1, UINT64_MAX, INT64_MAX, (uint64_t) INT64_MIN, INT32_MAX, UINT32_MAX };
    return draw(2) ? edges[draw(countof(edges))] : draw(UINT64_MAX) >> draw(64);
}

static char *draw_text(arena *mem) {
    static const char *const parts[] = {
        "a", "\"", "\\", "/", "\n", "\x01", "\x7f", "é", "督", "\xf0\x9f\x8c\xb8", "\xe2\x80\xa8", "\xef\xbf\xbf"
    };
    buf out;
    buf_init(&out, mem);
    for (uint64_t n = draw(8); n > 0; n--)
        buf_adds(&out, parts[draw(countof(parts))]);
    return out.s;
}

static ProtobufCMessage *draw_message(arena *mem, const ProtobufCMessageDescriptor *type);

static void draw_value(arena *mem, const ProtobufCFieldDescriptor *field, void *slot) {
    const ProtobufCEnumDescriptor *values = field->descriptor;
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(char **) slot = draw_text(mem);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *) slot = (ProtobufCBinaryData){ draw(6), arena_memdup(mem, &seed, sizeof(seed)) };
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **) slot = draw_message(mem, field->descriptor);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *) slot = (protobuf_c_boolean) draw(2);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        *(int32_t *) slot = values->values[draw(values->n_values)].value;
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        *(uint64_t *) slot = draw_number();
        break;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        *(uint32_t *) slot = (uint32_t) draw_number();
        break;
    }
}

static void draw_field(arena *mem, const ProtobufCFieldDescriptor *field, char *message) {
    enum { VALUE_SIZE = 16, LIST_MAX = 4 };
    static const size_t sizes[] = { [PROTOBUF_C_TYPE_BYTES] = sizeof(ProtobufCBinaryData),
                                    [PROTOBUF_C_TYPE_STRING] = sizeof(char *),
                                    [PROTOBUF_C_TYPE_MESSAGE] = sizeof(void *),
                                    [PROTOBUF_C_TYPE_INT64] = 8,
                                    [PROTOBUF_C_TYPE_SINT64] = 8,
                                    [PROTOBUF_C_TYPE_SFIXED64] = 8,
                                    [PROTOBUF_C_TYPE_UINT64] = 8,
                                    [PROTOBUF_C_TYPE_FIXED64] = 8 };
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
            *(uint32_t *) (message + field->quantifier_offset) = field->id;
        return draw_value(mem, field, message + field->offset);
    }
    size_t n = draw(LIST_MAX), size = sizes[field->type] ? sizes[field->type] : 4;
    char *values = arena_alloc(mem, LIST_MAX * VALUE_SIZE);
    for (size_t i = 0; i < n; i++)
        draw_value(mem, field, values + i * size);
    *(size_t *) (message + field->quantifier_offset) = n;
    *(void **) (message + field->offset) = values;
}

static ProtobufCMessage *draw_message(arena *mem, const ProtobufCMessageDescriptor *type) {
    ProtobufCMessage *message = arena_alloc(mem, type->sizeof_message);
    type->message_init(message);
    uint32_t *chosen = NULL; /* a oneof whose member is drawn already */
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        uint32_t *choice = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF
                               ? (uint32_t *) ((char *) message + field->quantifier_offset)
                               : NULL;
        if (draw(3) == 0 || (choice && choice == chosen))
            continue;
        draw_field(mem, field, (char *) message);
        chosen = choice ? choice : chosen;
    }
    return message;
}

/* ---- the two directions ---- */

static const char *wire_text(arena *mem, const ProtobufCMessage *message) {
    uint8_t *bytes = arena_alloc(mem, protobuf_c_message_get_packed_size(message));
    buf out;
    buf_init(&out, mem);
    base64_add(&out, bytes, protobuf_c_message_pack(message, bytes), true);
    return out.s;
}

static void write_one(const ProtobufCMessageDescriptor *type) {
    bh_call *c = call_new("test", TIMEOUT_MS);
    ProtobufCMessage *message = draw_message(c->mem, type);
    buf json;
    buf_init(&json, c->mem);
    json_write(&json, message, draw(2) ? JSON_DEFAULTS : 0);
    printf("%s %s %s\n", type->name, wire_text(c->mem, message), json.s);
    call_free(c);
}

static const ProtobufCMessageDescriptor *type_of(const char *name) {
    for (size_t i = 0; i < type_count; i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}

static bool read_one(char *line) {
    char *json = strchr(line, ' ');
    if (!json)
        return false;
    *json++ = '\0';
    bh_call *c = call_new("test", TIMEOUT_MS);
    const ProtobufCMessageDescriptor *type = type_of(line);
    ProtobufCMessage *message;
    bh_err *error = type ? json_parse(c, json, strcspn(json, "\n"), type, &message) : bh_fail(c, BAD_FIELD, line, "");
    printf("%s\n", error ? error->reason : wire_text(c->mem, message));
    call_free(c);
    return true;
}

int main(int argc, char **argv) {
    find_types();
    if (argc == 4 && strcmp(argv[1], "write") == 0) {
        seed = strtoull(argv[2], NULL, 10);
        for (long n = strtol(argv[3], NULL, 10); n > 0; n--)
            write_one(types[draw(type_count)]);
        return 0;
    }
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0 && read_one(line))
        continue;
    free(line);
    return 0;
}
