/* Several frames in one ZeroMQ message, for whoever reads that: CURVE, libzmq and the kernel are paid for by the
 * message. Nothing waits for company: what is at hand when a thread looks at its socket goes together. */
#pragma once

#include <stdbool.h>

#include <zmq.h>

#include "rpc/frame.h"

enum { BUNDLE_SIZE_MAX = 8 << 10 /* of its payload */, BUNDLE_FRAMES_MAX = 64 };

/* Frames to be sent, each a message that its owner keeps until then. */
typedef struct bundle {
    int n;
    size_t size;
    struct {
        zmq_msg_t *message;
        void *owner;
    } part[BUNDLE_FRAMES_MAX];
} bundle;

/* Room for this message, beside those that are there; one that travels `alone` has none beside it. */
bool bundle_has_room(const bundle *b, const zmq_msg_t *message, bool alone);
void bundle_add(bundle *b, zmq_msg_t *message, void *owner, bool alone);
/* Makes one message of what is there, a single frame as it is. The parts stay with their owners. */
void bundle_make(const bundle *b, zmq_msg_t *ret_message);
void bundle_clear(bundle *b);

/* The frames of a message that came. */
typedef struct bundle_reader {
    frame rest;        /* its payload is what was not read yet ... */
    const char *fault; /* ... unless there is but one frame, or something is wrong with all */
    bool is_whole;
    bool is_over;
} bundle_reader;

bundle_reader bundle_open(zmq_msg_t *message);
/* False when there is no further one. *ret_fault: what is wrong with the frame, which is the last one then; or NULL. */
bool bundle_next(bundle_reader *reader, frame *ret_frame, const char **ret_fault);
