#include "label.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "domain/task.h"

static const struct {
    const char *name;
    const char *zh;
    const char *en;
} labels[] = {
#define TASK_STATE(name, number, zh, en, holder) { "TASK_STATE_" #name, zh, en },
#include "domain/task_states.def"
#undef TASK_STATE
#define LEG_STATE(name, number, zh, en) { "LEG_STATE_" #name, zh, en },
#include "domain/leg_states.def"
#undef LEG_STATE
#define POST(name, number, zh, en) { "POST_" #name, zh, en },
#include "domain/posts.def"
#undef POST
#define REPORT_STATE(name, number, zh, en) { "REPORT_STATE_" #name, zh, en },
#include "domain/report_states.def"
#undef REPORT_STATE
#define REPORT_MOVE(name, posts, tasks, legs, from, next, is_second, zh, en) { "report/" #name, zh, en },
#include "domain/report_moves.def"
#undef REPORT_MOVE
#define LABEL(value, zh, en) { #value, zh, en },
#include "labels.def"
#undef LABEL
};

/* TASK_STATE_ACTIVE -> ACTIVE: every enum's first value is PREFIX_UNSPECIFIED. */
static const char *short_name(const ProtobufCEnumDescriptor *type, const char *name) {
    return name + strlen(type->values[0].name) - strlen("UNSPECIFIED");
}

const char *label_of_word(const char *word, bool is_english) {
    const move_row *row = move_named(word);
    if (row)
        return is_english ? row->en : row->zh;
    for (size_t i = 0; i < countof(labels); i++)
        if (strcmp(labels[i].name, word) == 0)
            return is_english ? labels[i].en : labels[i].zh;
    return word;
}

const char *label_of_action(const app *a, const char *object_type, const char *action) {
    const char *full = arena_printf(a->call->mem, "%s/%s", object_type, action);
    const char *label = label_of_word(full, a->is_english);
    return label != full ? label : label_of_word(action, a->is_english);
}

const char *label_of(const ProtobufCEnumDescriptor *type, int32_t value, bool is_english) {
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(type, value);
    if (!known || value == 0)
        return value == 0 ? "" : "?";
    const char *word = label_of_word(known->name, is_english);
    return word == known->name ? short_name(type, known->name) : word;
}

/* Equal but for case, and "-" may stand for "_". */
static bool is_same(const char *name, const char *text) {
    for (; *name && *text; name++, text++)
        if (strncasecmp(name, text, 1) != 0 && !(*name == '_' && *text == '-'))
            return false;
    return *name == *text;
}

bool label_parse(const ProtobufCEnumDescriptor *type, const char *text, int32_t *ret_value) {
    for (unsigned i = 1; i < type->n_values; i++) {
        const char *name = type->values[i].name;
        *ret_value = type->values[i].value;
        if (is_same(name, text) || is_same(short_name(type, name), text) ||
            strcmp(label_of(type, *ret_value, false), text) == 0)
            return true;
    }
    return false;
}

/* TASK_STATE_SIGN_OFF -> "sign-off", as one would type it. */
static const char *typed_name(arena *mem, const ProtobufCEnumDescriptor *type, const char *name) {
    char *text = arena_strdup(mem, short_name(type, name));
    for (char *p = text; *p; p++)
        *p = *p == '_' ? '-' : (char) (*p | 0x20);
    return text;
}

const char *label_choices(const app *a, const ProtobufCEnumDescriptor *type) {
    buf out;
    buf_init(&out, a->call->mem);
    for (unsigned i = 1; i < type->n_values; i++) {
        const char *name = typed_name(a->call->mem, type, type->values[i].name);
        buf_adds(&out, i > 1 ? "|" : "");
        if (a->is_english)
            buf_adds(&out, name);
        else
            buf_addf(&out, "%s(%s)", label_of(type, type->values[i].value, false), name);
    }
    return out.s;
}
