/* A frame that parses is written back to the same bytes; those of a bundle lie in it one behind the other. */
#include <assert.h>
#include <string.h>

#include "rpc/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void look_at_bundle(const uint8_t *bytes, size_t n) {
    zmq_msg_t message;
    frame part;
    const char *fault;
    zmq_msg_init_size(&message, n);
    memcpy(zmq_msg_data(&message), bytes, n);
    const uint8_t *at = zmq_msg_data(&message), *end = at + n;
    for (bundle_reader reader = bundle_open(&message); bundle_next(&reader, &part, &fault) && !fault;) {
        assert(part.meta > at && part.meta + part.meta_size == part.payload);
        at = part.payload + part.payload_size;
        assert(at <= end);
    }
    zmq_msg_close(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    frame parsed;
    uint8_t header[FRAME_HEADER_SIZE];
    const char *fault = frame_parse(bytes, n, &parsed);
    assert(!fault || strlen(fault) > 0);
    if (fault)
        return 0;
    look_at_bundle(bytes, n);
    assert(parsed.meta == bytes + FRAME_HEADER_SIZE && parsed.payload == parsed.meta + parsed.meta_size);
    assert(parsed.payload + parsed.payload_size == bytes + n);
    frame_write(&parsed, header);
    assert(memcmp(header, bytes, sizeof(header)) == 0);
    return 0;
}
