#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "json/base64.h"
#include "json/field.h"
#include "json/json.h"

static void write_message(buf *out, const ProtobufCMessage *message, unsigned options, int depth);

static bool is_plain(uint32_t character) {
    return character >= 0x20 && character != '"' && character != '\\';
}

static void escape(buf *out, uint32_t character) {
    if (character == 0)
        buf_adds(out, "\xef\xbf\xbd"); /* utf8_next gives 0 for what is not UTF-8 */
    else if (character == '"' || character == '\\')
        buf_addf(out, "\\%c", (char) character);
    else if (character == '\n')
        buf_adds(out, "\\n");
    else
        buf_addf(out, "\\u%04x", (unsigned) character);
}

void json_quote(buf *out, const char *text) {
    const char *end = text + strlen(text), *run = text, *p = text;
    buf_addc(out, '"');
    while (p < end) {
        const char *at = p;
        uint32_t character = utf8_next(&p, end);
        if (is_plain(character))
            continue;
        buf_add(out, run, (size_t) (at - run));
        escape(out, character);
        run = p;
    }
    buf_add(out, run, (size_t) (end - run));
    buf_addc(out, '"');
}

static void write_name(buf *out, const char *name, unsigned options) {
    buf_addc(out, '"');
    for (const char *p = name; *p; p++) {
        if (*p == '_' && p[1] && !(options & JSON_PROTO_NAMES))
            buf_addc(out, *++p >= 'a' && *p <= 'z' ? (char) (*p - 'a' + 'A') : *p);
        else
            buf_addc(out, *p);
    }
    buf_adds(out, "\":");
}

static void write_integer(buf *out, const field_kind *kind, wide value) {
    char text[32];
    const char *quote = kind->size == sizeof(int64_t) ? "\"" : "";
    if (kind->min < 0)
        snprintf(text, sizeof(text), "%s%" PRId64 "%s", quote, (int64_t) value, quote);
    else
        snprintf(text, sizeof(text), "%s%" PRIu64 "%s", quote, (uint64_t) value, quote);
    buf_adds(out, text);
}

static void write_enum(buf *out, const ProtobufCFieldDescriptor *field, int32_t value, unsigned options) {
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(field->descriptor, value);
    if (known && !(options & JSON_ENUM_NUMBERS))
        buf_addf(out, "\"%s\"", known->name);
    else
        buf_addf(out, "%" PRId32, value);
}

static void write_bytes(buf *out, const ProtobufCBinaryData *bytes) {
    buf_addc(out, '"');
    base64_add(out, bytes->data, bytes->len, true);
    buf_addc(out, '"');
}

static void write_string(buf *out, const char *text) {
    json_quote(out, text ? text : "");
}

static void write_value(buf *out, const ProtobufCFieldDescriptor *field, const void *slot, unsigned options,
                        int depth) {
    const field_kind *kind = field_kind_of(field);
    switch (kind->shape) {
    case FIELD_INTEGER:
        return write_integer(out, kind, field_integer(kind, slot));
    case FIELD_BOOL:
        return buf_adds(out, *(const protobuf_c_boolean *) slot ? "true" : "false");
    case FIELD_ENUM:
        return write_enum(out, field, *(const int32_t *) slot, options);
    case FIELD_STRING:
        return write_string(out, *(const char *const *) slot);
    case FIELD_BYTES:
        return write_bytes(out, slot);
    case FIELD_MESSAGE:
        return write_message(out, *(ProtobufCMessage *const *) slot, options, depth + 1);
    }
}

static void write_array(buf *out, const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message,
                        unsigned options, int depth) {
    const char *values = *(const char *const *) ((const char *) message + field->offset);
    size_t n = *field_count(field, message), size = field_kind_of(field)->size;
    buf_addc(out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_addc(out, ',');
        write_value(out, field, values + i * size, options, depth);
    }
    buf_addc(out, ']');
}

static bool is_default(const field_kind *kind, const void *slot) {
    if (kind->shape == FIELD_STRING) {
        const char *text = *(const char *const *) slot;
        return !text || !*text;
    }
    if (kind->shape == FIELD_BYTES)
        return ((const ProtobufCBinaryData *) slot)->len == 0;
    return field_integer(kind, slot) == 0;
}

/* proto3 presence: a oneof member when it is chosen, a message when it is there, the rest when not the default. */
static bool is_written(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message, unsigned options) {
    const void *slot = (const char *) message + field->offset;
    const field_kind *kind = field_kind_of(field);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return options & JSON_DEFAULTS || *field_count(field, message) > 0;
    if (field_is_choice(field) && *field_choice(field, message) != (int) field->id)
        return false;
    if (kind->shape == FIELD_MESSAGE)
        return *(ProtobufCMessage *const *) slot;
    return field_is_choice(field) || options & JSON_DEFAULTS || !is_default(kind, slot);
}

static void write_message(buf *out, const ProtobufCMessage *message, unsigned options, int depth) {
    assert(depth < JSON_DEPTH_MAX);
    const char *comma = "";
    buf_addc(out, '{');
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (!is_written(field, message, options))
            continue;
        buf_adds(out, comma);
        comma = ",";
        write_name(out, field->name, options);
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            write_array(out, field, message, options, depth);
        else
            write_value(out, field, (const char *) message + field->offset, options, depth);
    }
    buf_addc(out, '}');
}

void json_write(buf *out, const ProtobufCMessage *message, unsigned options) {
    write_message(out, message, options, 0);
}

void json_write_list(buf *out, const void *messages, size_t n, unsigned options) {
    const ProtobufCMessage *const *list = messages;
    buf_addc(out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_addc(out, ',');
        write_message(out, list[i], options, 0);
    }
    buf_addc(out, ']');
}
