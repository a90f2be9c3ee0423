/* The table of commands: noun, verb, words, options, the call behind it, help. */
#pragma once

#include "app.h"
#include "remote.h"

typedef struct verb verb;
typedef bh_err *(*verb_run)(app *a, const verb *v);

struct verb {
    const char *noun;
    const char *name;  /* "" where the noun alone is the command */
    const char *words; /* positional arguments, each the name of an option; "?" behind the last = may be missing */
    /* Options beside those of the request's fields: "!" behind = required, "a/b" = exactly one of both, "a|b" = at most
     * one. Both may be words or fields of the request as well. */
    const char *options;
    verb_run run;
    remote_method method; /* service NULL: none, or several calls */
    const char *columns;  /* of a list or of one message, for people */
    const char *zh;
    const char *en;
    bool is_sessionless; /* runs without a stored login */
};

/* All rows, in the order of the help. */
extern const verb verbs[];
extern const size_t verb_count;

/* The row for the first one or two words; NULL when there is none. *ret_used = how many of the words name it. */
const verb *verb_find(const char *const *words, size_t n, size_t *ret_used);
/* Turns the remaining words into options and checks that all options belong here and none is missing. */
MUST bh_err *verb_check(app *a, const verb *v, const char *const *words, size_t n);
/* Errors: UNKNOWN_OPTION for the first option that does not belong to the command; NULL = none named. */
MUST bh_err *verb_check_options(app *a, const verb *v);
/* True when the option may stand in this command. */
bool verb_accepts(app *a, const verb *v, const char *option);
/* The values that the option takes in this command, "a|b|c", from the tables that parse them; NULL = free. */
const char *verb_choices(app *a, const verb *v, const char *option);
/* "task issue" */
const char *verb_title(app *a, const verb *v);

/* The i-th token of a list divided by spaces, or NULL; the i-th name of a token, without its marks, or NULL. */
const char *verb_token(app *a, const char *list, size_t i);
const char *verb_name(app *a, const char *token, size_t i);
/* Does the list name the option? */
bool verb_lists(app *a, const char *list, const char *option);
/* The options that may stand in every command. */
extern const char verb_globals[];

/* What most rows run: a command filled from its options; a list; one message. */
bh_err *verb_command(app *a, const verb *v);
bh_err *verb_list(app *a, const verb *v);
bh_err *verb_get(app *a, const verb *v);
