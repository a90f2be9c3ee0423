#include "help.h"

#include <string.h>

#include "base/buf.h"
#include "fill.h"
#include "width.h"

/* "task show TASK" */
static const char *usage_of(app *a, const verb *v) {
    const char *token;
    buf out;
    buf_init(&out, a->call->mem);
    buf_adds(&out, verb_title(a, v));
    for (size_t i = 0; (token = verb_token(a, v->words, i)); i++)
        buf_addf(&out, strchr(token, '?') ? " [%s]" : " %s", option_find(verb_name(a, token, 0))->meta);
    return out.s;
}

static void pad(const char *text, size_t columns) {
    size_t width = width_of(text);
    printf("  %s%*s", text, (int) (width < columns ? columns - width : 1), "");
}

void help_commands(app *a, const char *noun) {
    enum { COLUMNS = 44 };
    printf("%s\n\n", SAY(a, "用法：bihuan 命令 [参数] [选项]；bihuan 命令 --help 显示选项",
                         "usage: bihuan COMMAND [ARGUMENTS] [OPTIONS]; bihuan COMMAND --help shows the options"));
    for (size_t i = 0; i < verb_count; i++) {
        if (noun && strcmp(noun, verbs[i].noun) != 0)
            continue;
        pad(usage_of(a, &verbs[i]), COLUMNS);
        puts(SAY(a, verbs[i].zh, verbs[i].en));
    }
}

/* `note` is what the command asks of the option. */
static void print_option(app *a, const verb *v, const char *name, const char *note) {
    enum { COLUMNS = 40 };
    const option_row *row = v ? option_in(verb_title(a, v), name) : option_find(name);
    const char *choices = v ? verb_choices(a, v, name) : NULL;
    pad(arena_printf(a->call->mem, "--%s %s", row->name, row->meta), COLUMNS);
    printf("%s%s%s%s%s\n", SAY(a, row->zh, row->en), choices ? SAY(a, "：", ": ") : "", choices ? choices : "",
           row->kind == OPTION_LIST ? SAY(a, "（可重复）", " (repeatable)") : "", note);
}

static const char *note_of(app *a, const char *token, const char *other) {
    if (strchr(token, '/'))
        return arena_printf(a->call->mem, SAY(a, "（与 --%s 必居其一）", " (this or --%s)"), other);
    if (strchr(token, '|'))
        return arena_printf(a->call->mem, SAY(a, "（不与 --%s 同用）", " (not with --%s)"), other);
    return strchr(token, '!') ? SAY(a, "（必需）", " (required)") : "";
}

/* The options of a list but for those of another, which were printed before it. */
static void print_listed(app *a, const verb *v, const char *list, const char *before) {
    const char *token, *name;
    for (size_t i = 0; (token = verb_token(a, list, i)); i++)
        for (size_t k = 0; (name = verb_name(a, token, k)); k++)
            if (!verb_lists(a, before, name))
                print_option(a, v, name, note_of(a, token, verb_name(a, token, 1 - k)));
}

/* Options that follow from the request and stand in no list. */
static void print_fields(app *a, const verb *v) {
    const ProtobufCMessageDescriptor *type = v->method.service ? remote_describe(v->method)->input : NULL;
    for (unsigned i = 0; type && i < type->n_fields; i++) {
        const char *name = fill_option(a->call->mem, &type->fields[i]);
        if (name && option_find(name) && !verb_lists(a, v->words, name) && !verb_lists(a, v->options, name))
            print_option(a, v, name, "");
    }
}

/* What a method that changes nothing does not ask for. */
static const char *without_effect(const verb *v) {
    const ProtobufCMessageDescriptor *type = v->method.service ? remote_describe(v->method)->input : NULL;
    bool is_read = type && !protobuf_c_message_descriptor_get_field_by_name(type, "request_id");
    return is_read ? "yes request-id version" : "";
}

const char *help_usage(app *a, const verb *v) {
    return arena_printf(a->call->mem, "%sbihuan %s %s", SAY(a, "用法：", "usage: "), usage_of(a, v),
                        SAY(a, "[选项]", "[OPTIONS]"));
}

void help_verb(app *a, const verb *v) {
    printf("%s\n%s\n\n", help_usage(a, v), SAY(a, v->zh, v->en));
    print_listed(a, v, v->words, "");
    print_listed(a, v, v->options, v->words);
    print_fields(a, v);
    printf("\n%s\n", SAY(a, "通用选项", "options of every command"));
    print_listed(a, NULL, verb_globals, without_effect(v));
}
