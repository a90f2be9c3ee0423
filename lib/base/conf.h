/* Configuration: one table per program, read from the environment (BIHUAN_<NAME>), printed by --help. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/call.h"

typedef enum conf_type { CONF_TEXT, CONF_INT } conf_type;

typedef struct conf_row {
    const char *name; /* "EVIDENCE_DIR": the variable is BIHUAN_EVIDENCE_DIR */
    conf_type type;
    size_t offset;        /* of a const char * or an int64_t in the program's settings struct */
    const char *fallback; /* NULL: must be set */
    const char *help;
} conf_row;

/* Fills `settings` from the environment; an error names the variable and what it should look like. */
MUST bh_err *conf_load(bh_call *call, const conf_row *rows, size_t n, void *settings);
/* The table for --help on stdout. */
void conf_print(const conf_row *rows, size_t n);
