/* Writes JSON into a buffer: the writer puts the commas, the caller the order.
 * The prefix is jw_, for json_string and others are symbols of libjansson, which ours would replace. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { JW_DEPTH_MAX = 32 };

typedef struct json_writer {
    buf out;
    int depth;
    bool filled[JW_DEPTH_MAX + 1]; /* per depth: a value stands before the next one */
} json_writer;

void jw_init(json_writer *w, arena *mem);

/* Every json_open_* needs its json_close; a key (NULL inside arrays and at the top) names the value in an object. */
void jw_open_object(json_writer *w, const char *key);
void jw_open_array(json_writer *w, const char *key);
void jw_close_object(json_writer *w);
void jw_close_array(json_writer *w);

/* A NULL text is written as null; text must be valid UTF-8. */
void jw_string(json_writer *w, const char *key, const char *text);
void jw_int(json_writer *w, const char *key, int64_t number);
void jw_bool(json_writer *w, const char *key, bool value);
void jw_null(json_writer *w, const char *key);
/* A value that is JSON already, such as a number with its own digits. */
void jw_raw(json_writer *w, const char *key, const char *json);
