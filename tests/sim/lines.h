/* The state of a store as sorted lines of text, so that two stores can be compared and a difference read. */
#pragma once

#include "sim/model.h"

enum { LINES_MAX = 4096 };

typedef struct lines {
    const char *text[LINES_MAX];
    size_t n;
} lines;

/* Every task of the model with its parts. */
lines *lines_of_model(arena *mem, const model *m);
/* The lines of a text. */
lines *lines_of_text(arena *mem, const char *text);
/* NULL, or the first lines in which a model and a store differ. */
const char *lines_differ(arena *mem, const lines *a, const lines *b);
