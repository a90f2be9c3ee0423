/* Fields of messages as text for people. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "app.h"

/* The text of the field that a dotted path names ("task.state"): labels for enums, local time for *_ms, lists joined;
 * "" for what is absent. "unit_id.name" is what the number stands for, once names_load has asked. A path that does not
 * exist is a programmer's error. */
const char *cell_text(app *a, const ProtobufCMessage *message, const char *path);
/* What the field is called in the reader's language (headers.def); `type` is the message that the path starts from. */
const char *cell_header(const app *a, const ProtobufCMessageDescriptor *type, const char *path);
/* Does the field hold numbers that names_load gives names to? */
bool cell_has_names(const ProtobufCFieldDescriptor *field);
