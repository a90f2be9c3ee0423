#include "help.h"

#include <string.h>

#include "base/buf.h"
#include "fill.h"
#include "width.h"

static size_t bare_length(const char *token) {
    return strcspn(token, "!?/");
}

static const option_row *row_of(app *a, const char *token) {
    return option_find(arena_strndup(a->call->mem, token, bare_length(token)));
}

/* "task show TASK" */
static const char *usage_of(app *a, const verb *v) {
    const char *token;
    buf out;
    buf_init(&out, a->call->mem);
    buf_adds(&out, verb_title(a, v));
    for (size_t i = 0; (token = verb_token(a, v->words, i)); i++)
        buf_addf(&out, strchr(token, '?') ? " [%s]" : " %s", row_of(a, token)->meta);
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

static void print_option(app *a, const option_row *row, bool is_required) {
    enum { COLUMNS = 48 };
    pad(arena_printf(a->call->mem, "--%s %s", row->name, row->meta), COLUMNS);
    printf("%s%s%s\n", SAY(a, row->zh, row->en), row->kind == OPTION_LIST ? SAY(a, "（可重复）", " (repeatable)") : "",
           is_required ? SAY(a, "（必需）", " (required)") : "");
}

static void print_listed(app *a, const char *list) {
    const char *token;
    for (size_t i = 0; (token = verb_token(a, list, i)); i++) {
        const char *slash = strchr(token, '/');
        print_option(a, row_of(a, token), slash || strchr(token, '!'));
        if (slash)
            print_option(a, option_find(slash + 1), true);
    }
}

static bool is_token(app *a, const char *list, const char *name) {
    const char *token;
    size_t n = strlen(name);
    for (size_t i = 0; (token = verb_token(a, list, i)); i++)
        if ((bare_length(token) == n && strncmp(token, name, n) == 0) || strcmp(token + bare_length(token), name) == 0)
            return true;
    return false;
}

/* Options that follow from the request and stand in no list. */
static void print_fields(app *a, const verb *v) {
    const ProtobufCMessageDescriptor *type = v->method.service ? remote_describe(v->method)->input : NULL;
    for (unsigned i = 0; type && i < type->n_fields; i++) {
        const char *name = fill_option(a->call->mem, &type->fields[i]);
        if (name && option_find(name) && !is_token(a, v->words, name) && !is_token(a, v->options, name))
            print_option(a, option_find(name), false);
    }
}

const char *help_usage(app *a, const verb *v) {
    return arena_printf(a->call->mem, "%s bihuan %s %s", SAY(a, "用法：", "usage:"), usage_of(a, v),
                        SAY(a, "[选项]", "[OPTIONS]"));
}

void help_verb(app *a, const verb *v) {
    printf("%s\n%s\n\n", help_usage(a, v), SAY(a, v->zh, v->en));
    print_listed(a, v->words);
    print_listed(a, v->options);
    print_fields(a, v);
    printf("\n%s\n", SAY(a, "通用选项", "options of every command"));
    print_listed(a, verb_globals);
}
