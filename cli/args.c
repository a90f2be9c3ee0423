#include "args.h"

#include <string.h>

static const option_row rows[] = {
#define OPTION(name, kind, meta, zh, en) { name, OPTION_##kind, meta, zh, en },
#include "options.def"
#undef OPTION
};

static const struct {
    const char *command;
    option_row row;
} own_rows[] = {
#define OPTION_IN(command, name, kind, meta, zh, en) { command, { name, OPTION_##kind, meta, zh, en } },
#include "options_in.def"
#undef OPTION_IN
};

/* Single letters. */
static const struct {
    char letter;
    const char *name;
} letters[] = { { 'o', "output" }, { 'y', "yes" }, { 'h', "help" } };

const option_row *option_find(const char *name) {
    for (size_t i = 0; i < countof(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const option_row *option_in(const char *command, const char *name) {
    for (size_t i = 0; i < countof(own_rows); i++)
        if (strcmp(own_rows[i].command, command) == 0 && strcmp(own_rows[i].row.name, name) == 0)
            return &own_rows[i].row;
    return option_find(name);
}

bh_err *args_add(bh_call *call, args *list, const char *name, const char *value) {
    if (!list->given)
        list->given = arena_array(call->mem, ARGS_MAX, sizeof(*list->given));
    if (list->n == ARGS_MAX)
        return bh_fail(call, TOO_MANY_WORDS, value);
    list->given[list->n++] = (arg){ .name = name, .value = value };
    return NULL;
}

/* "reason=late" -> "reason" and "late"; a letter gives its long name. */
static const char *name_of(bh_call *call, const char *text, const char **ret_value) {
    *ret_value = NULL;
    if (text[1] != '-') {
        for (size_t i = 0; i < countof(letters); i++)
            if (text[1] == letters[i].letter && !text[2])
                return letters[i].name;
        return text + 1;
    }
    const char *equals = strchr(text, '=');
    if (!equals)
        return text + 2;
    *ret_value = equals + 1;
    return arena_strndup(call->mem, text + 2, (size_t) (equals - text - 2));
}

static bool is_choice(const char *choices, const char *value) {
    size_t n = strlen(value);
    for (const char *p = choices; *p; p += *p == '|') {
        size_t length = strcspn(p, "|");
        if (length == n && strncmp(p, value, n) == 0)
            return true;
        p += length;
    }
    return false;
}

/* One option at argv[*at], with its value, which may be the next word. */
static bh_err *take(bh_call *call, int argc, char *const argv[], int *at, args *list) {
    const char *value;
    const char *name = name_of(call, argv[*at], &value);
    const option_row *row = option_find(name);
    if (!row) /* told where it is known which command has no such option */
        return args_add(call, list, name, "");
    if (row->kind == OPTION_FLAG && value)
        return bh_fail(call, OPTION_WITH_VALUE, name);
    if (row->kind == OPTION_FLAG)
        return args_add(call, list, row->name, "");
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    if (!value)
        return bh_fail(call, OPTION_WITHOUT_VALUE, name);
    if (row->kind == OPTION_CHOICE && !is_choice(row->meta, value))
        return bh_fail(call, OPTION_BAD, row->name, value, row->meta);
    return args_add(call, list, row->name, value);
}

bh_err *args_parse(bh_call *call, int argc, char *const argv[], args *list, const char **ret_words, size_t *ret_n) {
    bool is_option_possible = true;
    *ret_n = 0;
    for (int i = 0; i < argc; i++) {
        bool is_option = is_option_possible && argv[i][0] == '-' && argv[i][1];
        if (is_option && strcmp(argv[i], "--") == 0)
            is_option_possible = false;
        else if (is_option)
            TRY(take(call, argc, argv, &i, list));
        else
            ret_words[(*ret_n)++] = argv[i];
    }
    return NULL;
}

const char *args_get(const args *list, const char *name) {
    for (size_t i = list->n; i > 0; i--)
        if (strcmp(list->given[i - 1].name, name) == 0)
            return list->given[i - 1].value;
    return NULL;
}

const char *args_nth(const args *list, const char *name, size_t i) {
    for (size_t at = 0; at < list->n; at++)
        if (strcmp(list->given[at].name, name) == 0 && i-- == 0)
            return list->given[at].value;
    return NULL;
}
