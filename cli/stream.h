/* A stream of the contract over the Connect protocol: messages as they come. */
#pragma once

#include "remote.h"

/* Takes a message, in a call of its own that ends with it; false = that was enough. */
typedef bool stream_item(void *data, app *a, const ProtobufCMessage *message);

/* Opens the stream, and hands over its messages until it ends. NULL: the server ended it, or it was enough; errors:
 * those of remote_call, without its patience, and what the server ended it with. */
MUST bh_err *stream_read(app *a, remote_method method, const ProtobufCMessage *request, stream_item *item, void *data);
