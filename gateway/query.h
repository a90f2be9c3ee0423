/* The query of a URL. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"

/* The decoded value of a parameter, "" when it is missing, NULL when it is not valid UTF-8 text. */
const char *query_value(arena *mem, const char *query, const char *name);
/* Percent encoding (RFC 3986 unreserved characters stay). */
char *query_escape(arena *mem, const char *text);
/* True without control characters. */
bool query_is_plain(const char *text);
