/* Usage, made from the tables of commands and options. */
#pragma once

#include "verb.h"

/* All commands, or those of one noun, on stdout. */
void help_commands(app *a, const char *noun);
/* One command with its options. */
void help_verb(app *a, const verb *v);
