#include "cell.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/hash.h"
#include "label.h"
#include "names.h"
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

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* What the numbers of a field stand for, by the end of its name. */
static const struct {
    const char *tail;
    const char *(*name)(const app *a, int32_t id);
} named[] = {
    { "unit_id", names_unit },   { "unit_ids", names_unit },   { "user_id", names_user },
    { "leader_id", names_user }, { "leader_ids", names_user },
};

static const char *(*namer_of(const ProtobufCFieldDescriptor *field))(const app *, int32_t) {
    for (size_t i = 0; i < countof(named); i++)
        if (ends_with(field->name, named[i].tail))
            return named[i].name;
    return NULL;
}

bool cell_has_names(const ProtobufCFieldDescriptor *field) {
    return namer_of(field) != NULL;
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
    case FIELD_BYTES: {
        const ProtobufCBinaryData *bytes = slot;
        return hex(a->call->mem, bytes->data, bytes->len);
    }
    case FIELD_MESSAGE:
        return *(ProtobufCMessage *const *) slot ? message_text(a, *(ProtobufCMessage *const *) slot) : "";
    }
    return "";
}

static const char *name_text(app *a, const ProtobufCFieldDescriptor *field, const void *slot) {
    return namer_of(field)(a, *(const int32_t *) slot);
}

/* One value, or all of a list. */
static const char *field_text(app *a, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                              const char *(*text_of)(app *, const ProtobufCFieldDescriptor *, const void *) ) {
    const char *slot = (const char *) message + field->offset;
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return text_of(a, field, slot);
    const char *values = *(const char *const *) slot;
    buf out;
    buf_init(&out, a->call->mem);
    for (size_t i = 0; i < *field_count(field, message); i++)
        buf_addf(&out, "%s%s", i ? SAY(a, "、", ", ") : "", text_of(a, field, values + i * field_kind_of(field)->size));
    return out.s;
}

/* A field inside a cell has no head: a yes says what it is, a no and the numbers of other things say nothing. */
static const char *inner_text(app *a, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    if (ends_with(field->name, "_id"))
        return "";
    if (field->type == PROTOBUF_C_TYPE_BOOL)
        return *(const protobuf_c_boolean *) ((const char *) message + field->offset)
                   ? cell_header(a, message->descriptor, field->name)
                   : "";
    return field_text(a, message, field, value_text);
}

static const char *message_text(app *a, const ProtobufCMessage *message) {
    buf out;
    buf_init(&out, a->call->mem);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const char *text = inner_text(a, message, &message->descriptor->fields[i]);
        if (*text)
            buf_addf(&out, "%s%s", out.n ? " " : "", text);
    }
    return out.s;
}

/* Where a dotted path ends. */
typedef struct path_end {
    const ProtobufCMessageDescriptor *type;
    const ProtobufCMessage *message; /* NULL where one on the way is absent */
    const ProtobufCFieldDescriptor *field;
    bool is_name; /* what the number in the field stands for is meant */
} path_end;

static path_end follow(const app *a, const ProtobufCMessageDescriptor *type, const ProtobufCMessage *message,
                       const char *path) {
    for (;;) {
        size_t n = strcspn(path, ".");
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(type, arena_strndup(a->call->mem, path, n));
        assert(field);
        bool is_name = path[n] && field->type != PROTOBUF_C_TYPE_MESSAGE;
        assert(!is_name || (strcmp(path + n, ".name") == 0 && cell_has_names(field)));
        if (!path[n] || is_name)
            return (path_end){ type, message, field, is_name };
        assert(field->label != PROTOBUF_C_LABEL_REPEATED);
        message = message ? *(ProtobufCMessage *const *) ((const char *) message + field->offset) : NULL;
        type = field->descriptor;
        path += n + 1;
    }
}

const char *cell_text(app *a, const ProtobufCMessage *message, const char *path) {
    path_end end = follow(a, message->descriptor, message, path);
    return end.message ? field_text(a, end.message, end.field, end.is_name ? name_text : value_text) : "";
}

static const char *header_named(const app *a, const char *name) {
    for (size_t i = 0; i < countof(headers); i++)
        if (strcmp(headers[i].field, name) == 0)
            return SAY(a, headers[i].zh, headers[i].en);
    return NULL;
}

const char *cell_header(const app *a, const ProtobufCMessageDescriptor *type, const char *path) {
    path_end end = follow(a, type, NULL, path);
    const char *name = arena_printf(a->call->mem, "%s%s", end.field->name, end.is_name ? ".name" : "");
    const char *own = header_named(a, arena_printf(a->call->mem, "%s.%s", end.type->short_name, name));
    const char *common = own ? own : header_named(a, name);
    return common ? common : name;
}
