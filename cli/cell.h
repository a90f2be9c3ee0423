/* Fields of messages as text for people. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "app.h"

/* The text of the field that a dotted path names ("task.state"): labels for enums, local time for *_ms, lists joined;
 * "" for what is absent. A path that does not exist is a programmer's error. */
const char *cell_text(app *a, const ProtobufCMessage *message, const char *path);
/* What the last part of the path is called in the reader's language (headers.def); its own name for JSON. */
const char *cell_header(app *a, const char *path);
/* The same for one field of the message. */
const char *cell_of_field(app *a, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
