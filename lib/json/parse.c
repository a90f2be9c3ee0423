#include <assert.h>
#include <string.h>

#include <jansson.h>

#include "json/base64.h"
#include "json/field.h"
#include "json/json.h"

/* Where we are in the text, for messages: tasks[3].leadUnitId. Lives on the stack, from leaf to root. */
typedef struct place {
    const struct place *up;
    const char *name; /* NULL: element `index` of the array above */
    size_t index;
} place;

/* One parse: the call, and how far its arena may be filled. */
typedef struct reader {
    bh_call *call;
    size_t used_max;
} reader;

static bh_err *read_message(const reader *in, const place *at, const json_t *json,
                            const ProtobufCMessageDescriptor *type, ProtobufCMessage **ret_message);

static void add_path(buf *out, const place *at) {
    if (at->up)
        add_path(out, at->up); /* as deep as the text: at most JSON_DEPTH_MAX */
    if (!at->name)
        return buf_addf(out, "[%zu]", at->index);
    buf_addf(out, "%s%s", out->n ? "." : "", at->name);
}

static bh_err *refuse(const reader *in, const place *at, bh_detail why, const char *argument) {
    buf path;
    buf_init(&path, in->call->mem);
    if (at)
        add_path(&path, at);
    return bh_err_made(bh_err_why(in->call, BH_REASON_BAD_FIELD, at ? path.s : "(message)", why, __FILE__, __LINE__,
                                  (const char *const[4]){ argument }));
}

static bh_err *refuse_type(const reader *in, const place *at, const char *wanted) {
    return refuse(in, at, BH_DETAIL_NOT_TYPE, wanted);
}

/* Refused well before the arena is full: the answer needs room too. */
static bh_err *check_room(const reader *in, size_t n, size_t size) {
    bool is_too_much = arena_used(in->call->mem) + n * size > in->used_max;
    return is_too_much ? bh_fail(in->call, MESSAGE_TOO_COMPLEX) : NULL;
}

/* Decimal digits with an optional sign, at most 20 of them: no overflow. */
static bool digits_of(const char *text, wide *ret_value) {
    const char *p = text + (*text == '-');
    size_t n = strlen(p);
    wide value = 0;
    if (n < 1 || n > 20 || strspn(p, "0123456789") != n)
        return false;
    for (; *p; p++)
        value = value * 10 + (*p - '0');
    *ret_value = *text == '-' ? -value : value;
    return true;
}

/* 3, "3", 3.0 and 3e0 are one integer; 3.5 is none. */
static bool integer_of(const json_t *json, wide *ret_value) {
    if (json_is_string(json))
        return digits_of(json_string_value(json), ret_value);
    if (json_is_integer(json)) {
        *ret_value = json_integer_value(json);
        return true;
    }
    double real = json_is_real(json) ? json_real_value(json) : 0.5;
    bool is_whole = real > -0x1p63 && real < 0x1p63 && (double) (int64_t) real == real;
    *ret_value = is_whole ? (int64_t) real : 0;
    return is_whole;
}

static bh_err *read_integer(const reader *in, const place *at, const json_t *json, const field_kind *kind, void *slot) {
    wide value;
    if (!integer_of(json, &value) || value < kind->min || value > kind->max)
        return refuse_type(in, at, kind->name);
    field_set_integer(kind, slot, value);
    return NULL;
}

static bh_err *read_enum(const reader *in, const place *at, const json_t *json, const ProtobufCFieldDescriptor *field,
                         void *slot) {
    const ProtobufCEnumDescriptor *type = field->descriptor;
    if (json_is_integer(json))
        return read_integer(in, at, json, field_kind_of(field), slot);
    const ProtobufCEnumValue *value =
        json_is_string(json) ? protobuf_c_enum_descriptor_get_value_by_name(type, json_string_value(json)) : NULL;
    if (!value)
        return refuse_type(in, at, type->short_name);
    *(int32_t *) slot = value->value;
    return NULL;
}

static bh_err *read_bool(const reader *in, const place *at, const json_t *json, void *slot) {
    if (!json_is_boolean(json))
        return refuse_type(in, at, "bool");
    *(protobuf_c_boolean *) slot = json_is_true(json);
    return NULL;
}

static bh_err *read_string(const reader *in, const place *at, const json_t *json, void *slot) {
    if (!json_is_string(json))
        return refuse_type(in, at, "string");
    TRY(check_room(in, json_string_length(json) + 1, 1));
    *(char **) slot = arena_strndup(in->call->mem, json_string_value(json), json_string_length(json));
    return NULL;
}

static bh_err *read_bytes(const reader *in, const place *at, const json_t *json, ProtobufCBinaryData *slot) {
    if (!json_is_string(json) || !base64_parse(in->call->mem, json_string_value(json), &slot->data, &slot->len))
        return refuse_type(in, at, "base64");
    return NULL;
}

static bh_err *read_value(const reader *in, const place *at, const json_t *json, const ProtobufCFieldDescriptor *field,
                          void *slot) {
    const field_kind *kind = field_kind_of(field);
    switch (kind->shape) {
    case FIELD_INTEGER:
        return read_integer(in, at, json, kind, slot);
    case FIELD_BOOL:
        return read_bool(in, at, json, slot);
    case FIELD_ENUM:
        return read_enum(in, at, json, field, slot);
    case FIELD_STRING:
        return read_string(in, at, json, slot);
    case FIELD_BYTES:
        return read_bytes(in, at, json, slot);
    case FIELD_MESSAGE:
        return read_message(in, at, json, field->descriptor, slot);
    }
    return NULL;
}

static bh_err *read_array(const reader *in, const place *at, const json_t *json, const ProtobufCFieldDescriptor *field,
                          ProtobufCMessage *message) {
    if (!json_is_array(json))
        return refuse_type(in, at, "array");
    size_t n = json_array_size(json), size = field_kind_of(field)->size;
    TRY(check_room(in, n, size));
    char *values = arena_array(in->call->mem, n, size);
    for (size_t i = 0; i < n; i++) {
        const place element = { .up = at, .index = i };
        TRY(read_value(in, &element, json_array_get(json, i), field, values + i * size));
    }
    *(void **) ((char *) message + field->offset) = values;
    *field_count(field, message) = n;
    return NULL;
}

static bh_err *read_field(const reader *in, const place *at, const json_t *json, const ProtobufCFieldDescriptor *field,
                          ProtobufCMessage *message) {
    if (json_is_null(json))
        return NULL; /* the mapping's other way to say "absent" */
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return read_array(in, at, json, field, message);
    if (field_is_choice(field)) {
        if (*field_choice(field, message))
            return refuse(in, at, BH_DETAIL_OTHER_MEMBER, NULL);
        *field_choice(field, message) = (int) field->id;
    }
    return read_value(in, at, json, field, (char *) message + field->offset);
}

/* True when `key` is the lowerCamelCase form of the proto name. */
static bool is_camel_of(const char *name, const char *key) {
    for (; *name && *key; name++, key++) {
        bool is_hump = *name == '_' && name[1];
        name += is_hump;
        char wanted = is_hump && *name >= 'a' && *name <= 'z' ? (char) (*name - 'a' + 'A') : *name;
        if (*key != wanted)
            return false;
    }
    return *name == *key;
}

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *type, const char *key) {
    for (unsigned i = 0; i < type->n_fields; i++)
        if (strcmp(type->fields[i].name, key) == 0 || is_camel_of(type->fields[i].name, key))
            return &type->fields[i];
    return NULL;
}

static bh_err *read_message(const reader *in, const place *at, const json_t *json,
                            const ProtobufCMessageDescriptor *type, ProtobufCMessage **ret_message) {
    if (!json_is_object(json))
        return refuse_type(in, at, "object");
    TRY(check_room(in, 1, type->sizeof_message + type->n_fields * sizeof(bool)));
    ProtobufCMessage *message = arena_alloc(in->call->mem, type->sizeof_message);
    bool *seen = arena_array(in->call->mem, type->n_fields, sizeof(*seen));
    type->message_init(message);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *) (uintptr_t) json, key, value) {
        const ProtobufCFieldDescriptor *field = field_of(type, key);
        const place here = { .up = at, .name = key };
        if (!field)
            return refuse(in, &here, BH_DETAIL_UNKNOWN_FIELD, NULL);
        if (seen[field - type->fields])
            return refuse(in, &here, BH_DETAIL_GIVEN_TWICE, NULL);
        seen[field - type->fields] = true;
        TRY(read_field(in, &here, value, field, message));
    }
    *ret_message = message;
    return NULL;
}

/* Depth and number of values, before a tree is built from them. Text that is not JSON may pass: jansson sees it next.
 */
static bh_err *check_shape(bh_call *call, const char *text, size_t n) {
    size_t depth = 0, values = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (is_quoted) {
            i += c == '\\';
            is_quoted = c != '"';
            continue;
        }
        is_quoted = c == '"';
        depth += c == '[' || c == '{';
        depth -= (c == ']' || c == '}') && depth;
        values += c == '[' || c == '{' || c == ',';
        if (depth > JSON_DEPTH_MAX)
            return bh_fail_why(call, BAD_MESSAGE, "JSON", TOO_DEEP);
        if (values > JSON_VALUES_MAX)
            return bh_fail(call, MESSAGE_TOO_COMPLEX);
    }
    return NULL;
}

static void json_release(json_t **json) {
    json_decref(*json);
}

static bh_err *load(bh_call *call, const char *text, size_t n, json_t **ret_json) {
    if (n > JSON_SIZE_MAX)
        return bh_fail(call, MESSAGE_TOO_LARGE, arena_printf(call->mem, "%d", JSON_SIZE_MAX));
    TRY(check_shape(call, text, n));
    json_error_t error;
    *ret_json = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    if (!*ret_json)
        return bh_fail_why(call, BAD_MESSAGE, "JSON", NOT_JSON, arena_printf(call->mem, "%d", error.line),
                           arena_printf(call->mem, "%d", error.column));
    return NULL;
}

static reader reader_of(bh_call *call) {
    return (reader){ .call = call, .used_max = arena_used(call->mem) + JSON_MEMORY_MAX };
}

bh_err *json_parse(bh_call *call, const char *text, size_t n, const ProtobufCMessageDescriptor *type,
                   ProtobufCMessage **ret_message) {
    CLEANUP(json_release) json_t *json = NULL;
    TRY(load(call, text, n, &json));
    const reader in = reader_of(call);
    return read_message(&in, NULL, json, type, ret_message);
}

bh_err *json_parse_list(bh_call *call, const char *text, const char *field, ProtobufCMessage *message) {
    if (!*text)
        return NULL;
    CLEANUP(json_release) json_t *json = NULL;
    TRY(load(call, text, strlen(text), &json));
    const reader in = reader_of(call);
    const place at = { .name = field };
    return read_array(&in, &at, json, field_of(message->descriptor, field), message);
}
