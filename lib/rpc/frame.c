#include "rpc/frame.h"

enum { MAGIC = 0x4248 }; /* "BH" */

/* Offsets of the fields; 16..19 (seq) and 28..31 (credit) are zero until streams use them. */
enum {
    AT_MAGIC = 0,
    AT_VERSION = 2,
    AT_KIND = 3,
    AT_FLAGS = 4,
    AT_STATUS = 6,
    AT_CALL = 8,
    AT_TIMEOUT = 20,
    AT_META = 24
};

static void put(uint8_t *at, int n, uint64_t value) {
    for (int i = n - 1; i >= 0; i--, value >>= 8)
        at[i] = (uint8_t) value;
}

static uint64_t get(const uint8_t *at, int n) {
    uint64_t value = 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | at[i];
    return value;
}

const char *frame_parse(const uint8_t *bytes, size_t n, frame *ret_frame) {
    if (n < FRAME_HEADER_SIZE)
        return "shorter than a header";
    if (get(bytes + AT_MAGIC, 2) != MAGIC)
        return "not of this protocol";
    if (bytes[AT_VERSION] != FRAME_VERSION)
        return "of another version";
    size_t meta_size = (size_t) get(bytes + AT_META, 4);
    if (meta_size > FRAME_META_MAX || meta_size > n - FRAME_HEADER_SIZE)
        return "meta is too long";
    *ret_frame = (frame){
        .kind = bytes[AT_KIND],
        .flags = (uint16_t) get(bytes + AT_FLAGS, 2),
        .status = (uint16_t) get(bytes + AT_STATUS, 2),
        .call_id = get(bytes + AT_CALL, 8),
        .timeout_ms = (uint32_t) get(bytes + AT_TIMEOUT, 4),
        .meta = bytes + FRAME_HEADER_SIZE,
        .meta_size = meta_size,
        .payload = bytes + FRAME_HEADER_SIZE + meta_size,
        .payload_size = n - FRAME_HEADER_SIZE - meta_size,
    };
    return NULL;
}

void frame_write(const frame *head, uint8_t ret_header[FRAME_HEADER_SIZE]) {
    for (int i = 0; i < FRAME_HEADER_SIZE; i++)
        ret_header[i] = 0;
    put(ret_header + AT_MAGIC, 2, MAGIC);
    put(ret_header + AT_VERSION, 1, FRAME_VERSION);
    put(ret_header + AT_KIND, 1, head->kind);
    put(ret_header + AT_FLAGS, 2, head->flags);
    put(ret_header + AT_STATUS, 2, head->status);
    put(ret_header + AT_CALL, 8, head->call_id);
    put(ret_header + AT_TIMEOUT, 4, head->timeout_ms);
    put(ret_header + AT_META, 4, head->meta_size);
}
