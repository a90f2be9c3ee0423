/* What can be doubtful about a document: the rows of doubts.def. */
#pragma once

#include "import/import.h"

/* 0 is no doubt. */
typedef enum doubt_kind {
    DOUBT_NONE,
#define DOUBT(name, code, zh, en) DOUBT_##name,
#include "import/doubts.def"
#undef DOUBT
} doubt_kind;

/* The doubt about a printed line; the IMPORT_WORDS words must live as long as it does. */
import_warning doubt_about(int line, doubt_kind which, const char *const *words);
/* A number as a word. */
const char *count_text(arena *mem, size_t n);
