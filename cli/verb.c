#include "verb.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "command.h"
#include "fill.h"
#include "label.h"
#include "list.h"
#include "names.h"
#include "out.h"

const char verb_globals[] = "server ca context as output lang timeout yes help request-id version";

const verb *verb_find(const char *const *words, size_t n, size_t *ret_used) {
    for (size_t i = 0; i < verb_count; i++) {
        const verb *v = &verbs[i];
        *ret_used = *v->name ? 2 : 1;
        if (n < *ret_used || strcmp(words[0], v->noun) != 0)
            continue;
        if (!*v->name || strcmp(words[1], v->name) == 0)
            return v;
    }
    return NULL;
}

const char *verb_title(app *a, const verb *v) {
    return *v->name ? arena_printf(a->call->mem, "%s %s", v->noun, v->name) : v->noun;
}

const char *verb_token(app *a, const char *list, size_t i) {
    for (const char *p = list; *p; p += *p == ' ') {
        size_t n = strcspn(p, " ");
        if (i-- == 0)
            return arena_strndup(a->call->mem, p, n);
        p += n;
    }
    return NULL;
}

const char *verb_name(app *a, const char *token, size_t i) {
    static const char marks[] = "/|!?";
    for (const char *p = token; *p; p += strspn(p, marks)) {
        size_t n = strcspn(p, marks);
        if (i-- == 0)
            return arena_strndup(a->call->mem, p, n);
        p += n;
    }
    return NULL;
}

bool verb_lists(app *a, const char *list, const char *option) {
    const char *token, *name;
    for (size_t i = 0; (token = verb_token(a, list, i)); i++)
        for (size_t k = 0; (name = verb_name(a, token, k)); k++)
            if (strcmp(name, option) == 0)
                return true;
    return false;
}

/* The field of the request that the option fills, or NULL. */
static const ProtobufCFieldDescriptor *field_of(app *a, const verb *v, const char *option) {
    const ProtobufCMessageDescriptor *type = v->method.service ? remote_describe(v->method)->input : NULL;
    for (unsigned i = 0; type && i < type->n_fields; i++) {
        const char *name = fill_option(a->call->mem, &type->fields[i]);
        if (name && strcmp(name, option) == 0)
            return &type->fields[i];
    }
    return NULL;
}

/* What a command can clear is what it can give. */
static const char *clearable(app *a, const verb *v) {
    const char *token;
    buf out;
    buf_init(&out, a->call->mem);
    for (size_t i = 0; (token = verb_token(a, v->options, i)); i++)
        if (strcmp(token, "clear") != 0)
            buf_addf(&out, "%s%s", i ? "|" : "", token);
    return out.s;
}

const char *verb_choices(app *a, const verb *v, const char *option) {
    if (strcmp(option, "clear") == 0)
        return clearable(a, v);
    const ProtobufCFieldDescriptor *field = field_of(a, v, option);
    return field && field->type == PROTOBUF_C_TYPE_ENUM ? label_choices(a, field->descriptor) : NULL;
}

bool verb_accepts(app *a, const verb *v, const char *option) {
    return verb_lists(a, verb_globals, option) || verb_lists(a, v->words, option) ||
           verb_lists(a, v->options, option) || field_of(a, v, option);
}

static bh_err *take_words(app *a, const verb *v, const char *const *words, size_t n) {
    const char *token;
    size_t i = 0;
    for (; (token = verb_token(a, v->words, i)); i++) {
        const option_row *row = option_find(verb_name(a, token, 0));
        if (i < n)
            TRY(args_add(a->call, &a->args, row->name, words[i]));
        else if (!strchr(token, '?') && !args_get(&a->args, row->name))
            return bh_fail(a->call, OPTION_MISSING, row->meta);
    }
    return i < n ? bh_fail(a->call, TOO_MANY_WORDS, words[i]) : NULL;
}

/* One token of the options: what must be given, and what excludes each other. */
static bh_err *check_token(app *a, const char *token) {
    const char *one = verb_name(a, token, 0), *other = verb_name(a, token, 1);
    bool is_needed = strpbrk(token, "!/"), has_one = args_get(&a->args, one);
    bool has_other = other && args_get(&a->args, other);
    if (has_one && has_other)
        return bh_fail(a->call, OPTIONS_EXCLUSIVE, one, other);
    if (!is_needed || has_one || has_other)
        return NULL;
    return bh_fail(a->call, OPTION_MISSING,
                   other ? arena_printf(a->call->mem, "--%s | --%s", one, other)
                         : arena_printf(a->call->mem, "--%s", one));
}

static bh_err *check_needed(app *a, const verb *v) {
    const char *token;
    for (size_t i = 0; (token = verb_token(a, v->options, i)); i++)
        TRY(check_token(a, token));
    return NULL;
}

bh_err *verb_check_options(app *a, const verb *v) {
    for (size_t i = 0; i < a->args.n; i++) {
        const char *name = a->args.given[i].name;
        if (v ? !verb_accepts(a, v, name) : !verb_lists(a, verb_globals, name))
            return bh_fail(a->call, UNKNOWN_OPTION, name, v ? verb_title(a, v) : "bihuan");
    }
    return NULL;
}

bh_err *verb_check(app *a, const verb *v, const char *const *words, size_t n) {
    assert(v);
    TRY(verb_check_options(a, v));
    TRY(take_words(a, v, words, n));
    return check_needed(a, v);
}

bh_err *verb_command(app *a, const verb *v) {
    ProtobufCMessage *request = remote_request(a, v->method), *response;
    TRY(fill_request(a, request));
    TRY(command_send(a, v->method, request, NULL, &response));
    out_record(a, response);
    return NULL;
}

/* A column that shows what a number stands for needs the directory. */
static bh_err *load_names(app *a, const char *columns) {
    return a->out != OUT_JSON && columns && strstr(columns, ".name") ? names_load(a) : NULL;
}

bh_err *verb_list(app *a, const verb *v) {
    ProtobufCMessage *request = remote_request(a, v->method), **rows;
    size_t limit, n;
    TRY(fill_request(a, request));
    TRY(list_limit(a, &limit));
    TRY(list_all(a, v->method, request, limit, &rows, &n));
    TRY(load_names(a, v->columns));
    const ProtobufCFieldDescriptor *list = list_rows(remote_describe(v->method)->output);
    out_list(a, list->name, list->descriptor, v->columns, rows, n);
    return NULL;
}

bh_err *verb_get(app *a, const verb *v) {
    ProtobufCMessage *request = remote_request(a, v->method), *response;
    TRY(fill_request(a, request));
    TRY(remote_call(a, v->method, request, &response));
    TRY(load_names(a, v->columns));
    out_fields(a, v->columns, response);
    return NULL;
}
