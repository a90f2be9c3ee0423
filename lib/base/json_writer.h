/* Writes JSON into a buffer: the writer puts the commas, the caller the order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { JSON_DEPTH_MAX = 32 };

typedef struct json_writer {
    buf out;
    int depth;
    bool filled[JSON_DEPTH_MAX + 1]; /* per depth: a value stands before the next one */
} json_writer;

void json_init(json_writer *w, arena *mem);

/* Every json_open_* needs its json_close; a key (NULL inside arrays and at the top) names the value in an object. */
void json_open_object(json_writer *w, const char *key);
void json_open_array(json_writer *w, const char *key);
void json_close_object(json_writer *w);
void json_close_array(json_writer *w);

/* A NULL text is written as null; text must be valid UTF-8. */
void json_string(json_writer *w, const char *key, const char *text);
void json_int(json_writer *w, const char *key, int64_t number);
void json_bool(json_writer *w, const char *key, bool value);
void json_null(json_writer *w, const char *key);
/* A value that is JSON already, such as a number with its own digits. */
void json_raw(json_writer *w, const char *key, const char *json);
