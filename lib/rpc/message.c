#include "rpc/message.h"

#include <stdio.h>
#include <stdlib.h>

uint8_t *message_init(zmq_msg_t *ret_message, frame head, const ProtobufCMessage *meta, size_t payload_size) {
    head.meta_size = meta ? protobuf_c_message_get_packed_size(meta) : 0;
    if (zmq_msg_init_size(ret_message, FRAME_HEADER_SIZE + head.meta_size + payload_size) != 0) {
        fputs("fatal: out of memory\n", stderr);
        abort();
    }
    uint8_t *bytes = zmq_msg_data(ret_message);
    frame_write(&head, bytes);
    if (meta)
        protobuf_c_message_pack(meta, bytes + FRAME_HEADER_SIZE);
    return bytes + FRAME_HEADER_SIZE + head.meta_size;
}

const char *message_parse(zmq_msg_t *message, frame *ret_frame) {
    return frame_parse(zmq_msg_data(message), zmq_msg_size(message), ret_frame);
}

/* Small messages live inside zmq_msg_t itself, so a copy has bytes of its own. */
void message_share(zmq_msg_t *ret_copy, zmq_msg_t *message, frame *part) {
    const uint8_t *from = zmq_msg_data(message);
    zmq_msg_copy(ret_copy, message);
    const uint8_t *to = zmq_msg_data(ret_copy);
    if (!part->meta)
        return;
    part->meta = to + (part->meta - from);
    part->payload = to + (part->payload - from);
}
