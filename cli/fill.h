/* Requests filled from options by the descriptor of the message: the field new_unit_id is the option --new-unit. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "app.h"

/* Where the field lives in the message; for a repeated one, its array. */
void *fill_slot(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
/* The option of a field: "new-unit" for new_unit_id; NULL where a verb fills it in code (ids of commands, versions,
 * pages, places, nested messages). */
const char *fill_option(arena *mem, const ProtobufCFieldDescriptor *field);
/* Sets every field whose option is given. Names of units, people and tasks are resolved by the server, files for
 * evidence uploaded, dates checked. Errors: OPTION_BAD and those of the resolving calls. */
MUST bh_err *fill_request(app *a, ProtobufCMessage *request);

/* Appends one text to a repeated string, one number to a repeated int32, one message to a repeated message. */
void fill_add_text(app *a, char ***list, size_t *n, const char *text);
void fill_add_number(app *a, int32_t **list, size_t *n, int32_t number);
void fill_add_message(app *a, ProtobufCMessage ***list, size_t *n, ProtobufCMessage *message);
