#include "fill.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "disk.h"
#include "domain/calendar.h"
#include "evidence.h"
#include "label.h"
#include "ref.h"
#include "json/field.h"

void *fill_slot(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    return (char *) message + field->offset;
}

const char *fill_option(arena *mem, const ProtobufCFieldDescriptor *field) {
    static const char *const ours[] = { "request_id", "version",      "page_size",    "page_token",
                                        "password",   "old_password", "new_password", "first_index" };
    static const char *const tails[] = { "_id", "_ids", "_no" };
    if (field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_BYTES)
        return NULL;
    for (size_t i = 0; i < countof(ours); i++)
        if (strcmp(field->name, ours[i]) == 0)
            return NULL;
    char *name = arena_strdup(mem, field->name);
    size_t n = strlen(name);
    for (size_t i = 0; i < countof(tails); i++) {
        size_t m = strlen(tails[i]);
        if (n > m && strcmp(name + n - m, tails[i]) == 0)
            name[n - m] = '\0';
    }
    for (char *p = name; *p; p++)
        if (*p == '_')
            *p = '-';
    return name;
}

/* How the text of one option becomes the value of a field. */
typedef bh_err *(*setter)(app *a, const char *option, const char *text, const ProtobufCFieldDescriptor *field,
                          void *slot);

/* SETTER(unit, ref_unit): looks up what a person calls the thing. */
#define SETTER(name, find)                                                                \
    static bh_err *set_##name(app *a, UNUSED const char *option, const char *text,        \
                              UNUSED const ProtobufCFieldDescriptor *field, void *slot) { \
        return find(a, text, slot);                                                       \
    }

SETTER(unit, ref_unit)
SETTER(leader, ref_leader)
SETTER(user, ref_user)
SETTER(task, ref_task)
SETTER(report, ref_report)
SETTER(evidence, evidence_digest)

static bh_err *set_day(app *a, const char *option, const char *text, UNUSED const ProtobufCFieldDescriptor *field,
                       void *slot) {
    int32_t day;
    if (!day_parse(text, &day))
        return bh_fail(a->call, OPTION_BAD, option, text, "YYYY-MM-DD");
    *(const char **) slot = text;
    return NULL;
}

static bh_err *set_period(app *a, const char *option, const char *text, UNUSED const ProtobufCFieldDescriptor *field,
                          void *slot) {
    int32_t day;
    if (!day_parse(arena_printf(a->call->mem, "%s-01", text), &day))
        return bh_fail(a->call, OPTION_BAD, option, text, "YYYY-MM");
    *(const char **) slot = text;
    return NULL;
}

/* "-" reads standard input; the last line break is the terminal's, not the text's. */
static bh_err *set_text(app *a, const char *option, const char *text, UNUSED const ProtobufCFieldDescriptor *field,
                        void *slot) {
    char *words = arena_strdup(a->call->mem, text);
    size_t n = strlen(words);
    if (strcmp(text, "-") == 0)
        TRY(disk_read(a, "-", &words, &n));
    while (n && words[n - 1] == '\n')
        words[--n] = '\0';
    if (!utf8_is_valid(words, n))
        return bh_fail(a->call, OPTION_BAD, option, "…", "UTF-8");
    *(char **) slot = words;
    return NULL;
}

static bh_err *set_number(app *a, const char *option, const char *text, UNUSED const ProtobufCFieldDescriptor *field,
                          void *slot) {
    return app_number(a, option, text, 0, INT32_MAX, slot);
}

static bh_err *set_enum(app *a, const char *option, const char *text, const ProtobufCFieldDescriptor *field,
                        void *slot) {
    if (!label_parse(field->descriptor, text, slot))
        return bh_fail(a->call, OPTION_BAD, option, text, label_choices(a, field->descriptor));
    return NULL;
}

static bh_err *set_flag(UNUSED app *a, UNUSED const char *option, UNUSED const char *text,
                        UNUSED const ProtobufCFieldDescriptor *field, void *slot) {
    *(protobuf_c_boolean *) slot = 1;
    return NULL;
}

/* By the end of the field's name, and by its type where no name says more. */
static const struct {
    const char *tail;
    setter set;
} by_name[] = {
    { "unit_id", set_unit }, { "unit_ids", set_unit }, { "leader_id", set_leader }, { "leader_ids", set_leader },
    { "user_id", set_user }, { "task_id", set_task },  { "report_id", set_report }, { "evidence", set_evidence },
    { "deadline", set_day }, { "day", set_day },       { "period", set_period },
};

static const setter by_type[] = {
    [FIELD_INTEGER] = set_number,
    [FIELD_BOOL] = set_flag,
    [FIELD_ENUM] = set_enum,
    [FIELD_STRING] = set_text,
};

static setter setter_of(const ProtobufCFieldDescriptor *field) {
    size_t n = strlen(field->name);
    for (size_t i = 0; i < countof(by_name); i++) {
        size_t m = strlen(by_name[i].tail);
        bool is_tail = n >= m && strcmp(field->name + n - m, by_name[i].tail) == 0;
        if (is_tail && (n == m || field->name[n - m - 1] == '_'))
            return by_name[i].set;
    }
    return by_type[field_kind_of(field)->shape];
}

static bh_err *fill_list(app *a, ProtobufCMessage *request, const ProtobufCFieldDescriptor *field, const char *option) {
    size_t size = field_kind_of(field)->size, n = 0;
    while (args_nth(&a->args, option, n))
        n++;
    if (!n)
        return NULL;
    char *values = arena_array(a->call->mem, n, size);
    for (size_t i = 0; i < n; i++)
        TRY(setter_of(field)(a, option, args_nth(&a->args, option, i), field, values + i * size));
    *(void **) fill_slot(request, field) = values;
    *field_count(field, request) = n;
    return NULL;
}

bh_err *fill_request(app *a, ProtobufCMessage *request) {
    for (unsigned i = 0; i < request->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &request->descriptor->fields[i];
        const char *option = fill_option(a->call->mem, field);
        const char *text = option ? args_get(&a->args, option) : NULL;
        if (option && field->label == PROTOBUF_C_LABEL_REPEATED)
            TRY(fill_list(a, request, field, option));
        else if (text)
            TRY(setter_of(field)(a, option, text, field, fill_slot(request, field)));
    }
    return NULL;
}

/* The list with room for one more; most hold a few. */
static void *longer(app *a, const void *list, size_t n, size_t size) {
    char *more = arena_array(a->call->mem, n + 1, size);
    if (n)
        memcpy(more, list, n * size);
    return more;
}

void fill_add_text(app *a, char ***list, size_t *n, const char *text) {
    *list = longer(a, *list, *n, sizeof(**list));
    (*list)[(*n)++] = arena_strdup(a->call->mem, text);
}

void fill_add_number(app *a, int32_t **list, size_t *n, int32_t number) {
    *list = longer(a, *list, *n, sizeof(**list));
    (*list)[(*n)++] = number;
}

void fill_add_message(app *a, ProtobufCMessage ***list, size_t *n, ProtobufCMessage *message) {
    *list = longer(a, *list, *n, sizeof(**list));
    (*list)[(*n)++] = message;
}
