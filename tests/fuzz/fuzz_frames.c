/* A frame that parses is written back to the same bytes. */
#include <assert.h>
#include <string.h>

#include "rpc/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    frame parsed;
    uint8_t header[FRAME_HEADER_SIZE];
    const char *fault = frame_parse(bytes, n, &parsed);
    assert(!fault || strlen(fault) > 0);
    if (fault)
        return 0;
    assert(parsed.meta == bytes + FRAME_HEADER_SIZE && parsed.payload == parsed.meta + parsed.meta_size);
    assert(parsed.payload + parsed.payload_size == bytes + n);
    frame_write(&parsed, header);
    assert(memcmp(header, bytes, sizeof(header)) == 0);
    return 0;
}
