#include "rpc/frame.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

enum { MAGIC = 0x4248 }; /* "BH" */

/* As it travels, all numbers big-endian. */
typedef struct header {
    uint16_t magic;
    uint8_t version;
    uint8_t kind;
    uint16_t flags;
    uint16_t status;
    uint64_t call_id;
    uint32_t messages;
    uint32_t timeout_ms;
    uint32_t meta_size;
    uint32_t bytes;
} header;

static_assert(sizeof(header) == FRAME_HEADER_SIZE, "the header has no holes");

const char *frame_parse(const uint8_t *bytes, size_t n, frame *ret_frame) {
    header head;
    if (n < sizeof(head))
        return "shorter than a header";
    memcpy(&head, bytes, sizeof(head));
    if (be16toh(head.magic) != MAGIC)
        return "not of this protocol";
    if (head.version != FRAME_VERSION)
        return "of another version";
    size_t meta_size = be32toh(head.meta_size);
    if (meta_size > FRAME_META_MAX || meta_size > n - sizeof(head))
        return "meta is too long";
    *ret_frame = (frame){
        .kind = head.kind,
        .flags = be16toh(head.flags),
        .status = be16toh(head.status),
        .call_id = be64toh(head.call_id),
        .timeout_ms = be32toh(head.timeout_ms),
        .messages = be32toh(head.messages),
        .bytes = be32toh(head.bytes),
        .meta = bytes + sizeof(head),
        .meta_size = meta_size,
        .payload = bytes + sizeof(head) + meta_size,
        .payload_size = n - sizeof(head) - meta_size,
    };
    return NULL;
}

void frame_write(const frame *head, uint8_t ret_header[FRAME_HEADER_SIZE]) {
    header sent = {
        .magic = htobe16(MAGIC),
        .version = FRAME_VERSION,
        .kind = head->kind,
        .flags = htobe16(head->flags),
        .status = htobe16(head->status),
        .call_id = htobe64(head->call_id),
        .messages = htobe32(head->messages),
        .timeout_ms = htobe32(head->timeout_ms),
        .meta_size = htobe32((uint32_t) head->meta_size),
        .bytes = htobe32(head->bytes),
    };
    memcpy(ret_header, &sent, sizeof(sent));
}
