/* The words and options of a command line, checked against the options its verb knows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/call.h"

/* A choice is a value that must be one of those its meta shows ("A|B|C|D"). */
typedef enum option_kind { OPTION_FLAG, OPTION_VALUE, OPTION_CHOICE, OPTION_LIST } option_kind;

/* A row of options.def. */
typedef struct option_row {
    const char *name; /* without the dashes */
    option_kind kind;
    const char *meta; /* what stands for the value in a usage line */
    const char *zh;
    const char *en;
} option_row;

enum { ARGS_MAX = 512 };

typedef struct arg {
    const char *name;
    const char *value; /* "" for a flag */
} arg;

typedef struct args {
    arg *given; /* at most ARGS_MAX */
    size_t n;
} args;

/* The row of options.def, or NULL. */
const option_row *option_find(const char *name);

/* The row of what the option means in this command ("task return"), where it means something of its own there. */
const option_row *option_in(const char *command, const char *name);

/* Appends one argument; the first positional word of "task show TASK" is the option "task". */
MUST bh_err *args_add(bh_call *call, args *list, const char *name, const char *value);
/* Reads --name value, --name=value, -o value and flags into `list`, words into ret_words (argc of them at most).
 * Everything after "--" is a word. An option that nobody knows is listed as a flag. Errors: OPTION_WITHOUT_VALUE,
 * OPTION_WITH_VALUE, TOO_MANY_WORDS. */
MUST bh_err *args_parse(bh_call *call, int argc, char *const argv[], args *list, const char **ret_words, size_t *ret_n);
/* The last value given under the name, or NULL. */
const char *args_get(const args *list, const char *name);
/* The i-th value given under the name, or NULL. */
const char *args_nth(const args *list, const char *name, size_t i);
