/* How many columns of a terminal a text takes (East Asian width), and texts that cannot play tricks there. */
#pragma once

#include <stddef.h>

#include "base/arena.h"

/* Columns of valid or invalid UTF-8; a Chinese character takes two, a combining mark none. */
size_t width_of(const char *text);
/* One line without control characters: each becomes a space, what is not UTF-8 becomes U+FFFD. */
char *width_clean(arena *mem, const char *text);
/* The text cut to at most `columns`, the last one an ellipsis when something is missing. */
char *width_cut(arena *mem, const char *text, size_t columns);
