/* Usage, made from the tables of commands and options. */
#pragma once

#include "verb.h"

/* All commands, or those of one noun, on stdout. */
void help_commands(app *a, const char *noun);
/* "usage: bihuan task show TASK [OPTIONS]" */
const char *help_usage(app *a, const verb *v);
/* One command with its options. */
void help_verb(app *a, const verb *v);
