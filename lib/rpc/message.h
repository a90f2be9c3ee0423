/* A frame as a ZeroMQ message: header, meta and payload in one part, because CURVE is paid for by the part. */
#pragma once

#include <zmq.h>

#include <protobuf-c/protobuf-c.h>

#include "rpc/frame.h"

/* Makes a message of the header and the packed meta (NULL: none) with room for payload_size bytes behind them, and
 * returns where these go. */
uint8_t *message_init(zmq_msg_t *ret_message, frame head, const ProtobufCMessage *meta, size_t payload_size);
/* NULL, or what is wrong with the message. */
const char *message_parse(zmq_msg_t *message, frame *ret_frame);
/* Makes *ret_copy share the bytes of a message; a frame in them then points into the copy. */
void message_share(zmq_msg_t *ret_copy, zmq_msg_t *message, frame *part);
