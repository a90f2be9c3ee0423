#include "rpc/bundle.h"

#include <endian.h>
#include <string.h>

#include "rpc/message.h"

enum { SIZE_SIZE = sizeof(uint32_t) /* in front of each frame */ };

/* --- sending --- */

static size_t room_for(const zmq_msg_t *message, bool alone) {
    return alone ? BUNDLE_SIZE_MAX : SIZE_SIZE + zmq_msg_size(message);
}

bool bundle_has_room(const bundle *b, const zmq_msg_t *message, bool alone) {
    return !b->n || (b->n < BUNDLE_FRAMES_MAX && b->size + room_for(message, alone) <= BUNDLE_SIZE_MAX);
}

void bundle_add(bundle *b, zmq_msg_t *message, void *owner, bool alone) {
    b->part[b->n].message = message;
    b->part[b->n++].owner = owner;
    b->size += room_for(message, alone);
}

static uint8_t *add_part(uint8_t *to, zmq_msg_t *message) {
    size_t size = zmq_msg_size(message);
    uint32_t sent_size = htobe32((uint32_t) size);
    memcpy(to, &sent_size, SIZE_SIZE);
    memcpy(to + SIZE_SIZE, zmq_msg_data(message), size);
    return to + SIZE_SIZE + size;
}

void bundle_make(const bundle *b, zmq_msg_t *ret_message) {
    if (b->n == 1) {
        zmq_msg_init(ret_message);
        zmq_msg_copy(ret_message, b->part[0].message);
        return;
    }
    uint8_t *to = message_init(ret_message, (frame){ .kind = FRAME_BUNDLE }, NULL, b->size);
    for (int i = 0; i < b->n; i++)
        to = add_part(to, b->part[i].message);
}

void bundle_clear(bundle *b) {
    b->n = 0;
    b->size = 0;
}

/* --- receiving --- */

bundle_reader bundle_open(zmq_msg_t *message) {
    bundle_reader reader = { .fault = NULL };
    reader.fault = message_parse(message, &reader.rest);
    if (!reader.fault && reader.rest.kind == FRAME_BUNDLE && reader.rest.payload_size > BUNDLE_SIZE_MAX)
        reader.fault = "a bundle that is too large";
    reader.is_whole = reader.fault || reader.rest.kind != FRAME_BUNDLE;
    return reader;
}

/* Takes the next frame off the rest; what is wrong with it. */
static const char *read_part(frame *rest, frame *ret_frame) {
    uint32_t size = 0;
    if (rest->payload_size >= SIZE_SIZE)
        memcpy(&size, rest->payload, SIZE_SIZE);
    size = be32toh(size);
    if (rest->payload_size < SIZE_SIZE || size > rest->payload_size - SIZE_SIZE)
        return "a bundle that is cut off";
    const char *fault = frame_parse(rest->payload + SIZE_SIZE, size, ret_frame);
    rest->payload += SIZE_SIZE + size;
    rest->payload_size -= SIZE_SIZE + size;
    return !fault && ret_frame->kind == FRAME_BUNDLE ? "a bundle in a bundle" : fault;
}

bool bundle_next(bundle_reader *reader, frame *ret_frame, const char **ret_fault) {
    if (reader->is_over || (!reader->is_whole && !reader->rest.payload_size))
        return false;
    *ret_frame = reader->is_whole ? reader->rest : (frame){ 0 };
    *ret_fault = reader->is_whole ? reader->fault : read_part(&reader->rest, ret_frame);
    reader->is_over = reader->is_whole || *ret_fault;
    return true;
}
