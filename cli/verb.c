#include "verb.h"

#include <string.h>

#include "command.h"
#include "fill.h"
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

static const char *without(app *a, const char *token, char mark) {
    const char *at = strchr(token, mark);
    return at ? arena_strndup(a->call->mem, token, (size_t) (at - token)) : token;
}

/* Is `option` one of the tokens, whatever their marks? */
static bool is_listed(app *a, const char *list, const char *option) {
    const char *token;
    for (size_t i = 0; (token = verb_token(a, list, i)); i++) {
        const char *slash = strchr(token, '/');
        if (strcmp(without(a, without(a, without(a, token, '!'), '?'), '/'), option) == 0)
            return true;
        if (slash && strcmp(slash + 1, option) == 0)
            return true;
    }
    return false;
}

static bool is_field(app *a, const verb *v, const char *option) {
    const ProtobufCMessageDescriptor *type = v->method.service ? remote_describe(v->method)->input : NULL;
    for (unsigned i = 0; type && i < type->n_fields; i++) {
        const char *name = fill_option(a->call->mem, &type->fields[i]);
        if (name && strcmp(name, option) == 0)
            return true;
    }
    return false;
}

bool verb_accepts(app *a, const verb *v, const char *option) {
    return is_listed(a, verb_globals, option) || is_listed(a, v->words, option) || is_listed(a, v->options, option) ||
           is_field(a, v, option);
}

static bh_err *take_words(app *a, const verb *v, const char *const *words, size_t n) {
    const char *token;
    size_t i = 0;
    for (; (token = verb_token(a, v->words, i)); i++) {
        const char *name = option_find(without(a, token, '?'))->name;
        if (i < n)
            TRY(args_add(a->call, &a->args, name, words[i]));
        else if (!strchr(token, '?') && !args_get(&a->args, name))
            return bh_fail(a->call, OPTION_MISSING, option_find(name)->meta);
    }
    return i < n ? bh_fail(a->call, TOO_MANY_WORDS, words[i]) : NULL;
}

static bh_err *check_needed(app *a, const verb *v) {
    const char *token;
    for (size_t i = 0; (token = verb_token(a, v->options, i)); i++) {
        const char *slash = strchr(token, '/');
        if (strchr(token, '!') && !args_get(&a->args, without(a, token, '!')))
            return bh_fail(a->call, OPTION_MISSING, arena_printf(a->call->mem, "--%s", without(a, token, '!')));
        if (slash && !args_get(&a->args, without(a, token, '/')) == !args_get(&a->args, slash + 1))
            return bh_fail(a->call, OPTION_MISSING,
                           arena_printf(a->call->mem, "--%s | --%s", without(a, token, '/'), slash + 1));
    }
    return NULL;
}

bh_err *verb_check_options(app *a, const verb *v) {
    for (size_t i = 0; i < a->args.n; i++) {
        const char *name = a->args.given[i].name;
        if (v ? !verb_accepts(a, v, name) : !is_listed(a, verb_globals, name))
            return bh_fail(a->call, UNKNOWN_OPTION, name, v ? verb_title(a, v) : "bihuan");
    }
    return NULL;
}

bh_err *verb_check(app *a, const verb *v, const char *const *words, size_t n) {
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
