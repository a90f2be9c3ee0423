#include "cell.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "label.h"
#include "json/field.h"

static const struct {
    const char *field;
    const char *zh;
    const char *en;
} headers[] = {
#define HEADER(field, zh, en) { #field, zh, en },
#include "headers.def"
#undef HEADER
};

const char *cell_header(app *a, const char *path) {
    const char *dot = strrchr(path, '.'), *name = dot ? dot + 1 : path;
    for (size_t i = 0; a->out != OUT_JSON && i < countof(headers); i++)
        if (strcmp(headers[i].field, name) == 0)
            return SAY(a, headers[i].zh, headers[i].en);
    return name;
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static const char *time_text(app *a, int64_t ms) {
    time_t seconds = (time_t) (ms / 1000);
    struct tm at;
    char text[32];
    if (ms == 0 || !localtime_r(&seconds, &at) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &at))
        return "";
    return arena_strdup(a->call->mem, text);
}

/* Fields that hold one word of a fixed set are shown in the reader's language. */
static const char *string_text(app *a, const ProtobufCFieldDescriptor *field, const char *text) {
    static const char *const worded[] = { "move", "moves", "clock_holder", "state" };
    for (size_t i = 0; text && i < countof(worded); i++)
        if (strcmp(field->name, worded[i]) == 0)
            return label_of_word(text, a->is_english);
    return text ? text : "";
}

static const char *message_text(app *a, const ProtobufCMessage *message);

static const char *value_text(app *a, const ProtobufCFieldDescriptor *field, const void *slot) {
    const field_kind *kind = field_kind_of(field);
    switch (kind->shape) {
    case FIELD_INTEGER:
        if (ends_with(field->name, "_ms"))
            return time_text(a, (int64_t) field_integer(kind, slot));
        return arena_printf(a->call->mem, "%lld", (long long) field_integer(kind, slot));
    case FIELD_BOOL:
        return *(const protobuf_c_boolean *) slot ? SAY(a, "是", "yes") : SAY(a, "否", "no");
    case FIELD_ENUM:
        return label_of(field->descriptor, *(const int32_t *) slot, a->is_english);
    case FIELD_STRING:
        return string_text(a, field, *(const char *const *) slot);
    case FIELD_BYTES:
        return "";
    case FIELD_MESSAGE:
        return *(ProtobufCMessage *const *) slot ? message_text(a, *(ProtobufCMessage *const *) slot) : "";
    }
    return "";
}

/* A message inside a cell: what has a name, without numbers of other things. */
static const char *message_text(app *a, const ProtobufCMessage *message) {
    buf out;
    buf_init(&out, a->call->mem);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        const char *text = ends_with(field->name, "_id") ? "" : cell_of_field(a, message, field);
        if (*text)
            buf_addf(&out, "%s%s", out.n ? " " : "", text);
    }
    return out.s;
}

const char *cell_of_field(app *a, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    const char *slot = (const char *) message + field->offset;
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return value_text(a, field, slot);
    const char *values = *(const char *const *) slot;
    buf out;
    buf_init(&out, a->call->mem);
    for (size_t i = 0; i < *field_count(field, message); i++)
        buf_addf(&out, "%s%s", i ? SAY(a, "、", ", ") : "",
                 value_text(a, field, values + i * field_kind_of(field)->size));
    return out.s;
}

const char *cell_text(app *a, const ProtobufCMessage *message, const char *path) {
    for (const char *dot; (dot = strchr(path, '.')); path = dot + 1) {
        const char *name = arena_strndup(a->call->mem, path, (size_t) (dot - path));
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
        assert(field && field->type == PROTOBUF_C_TYPE_MESSAGE && field->label != PROTOBUF_C_LABEL_REPEATED);
        message = *(ProtobufCMessage *const *) ((const char *) message + field->offset);
        if (!message)
            return "";
    }
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, path);
    assert(field);
    return cell_of_field(a, message, field);
}
