/* The 32-byte header in front of every message between processes (layout and meaning: docs/PROTOCOL.md). */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_HEADER_SIZE = 32,
    FRAME_VERSION = 1,
    FRAME_SIZE_MAX = 4 << 20,
    FRAME_META_MAX = 8 << 10,
    FRAME_ITEM_MAX = 64 << 10, /* payload of a message of a stream */
};

/* Every other kind is ignored. */
typedef enum frame_kind {
    FRAME_HELLO = 1,
    FRAME_OPEN = 2,
    FRAME_DATA = 3,
    FRAME_END = 4,
    FRAME_CANCEL = 5,
    FRAME_CREDIT = 6,
    FRAME_PING = 7,
    FRAME_PONG = 8,
    FRAME_GOAWAY = 9,
    FRAME_BUNDLE = 10, /* frames in its payload: see bundle.h */
} frame_kind;

typedef enum frame_flag {
    FRAME_END_STREAM = 1,    /* the sender's last message of this call; on every OPEN and END */
    FRAME_NOT_PROCESSED = 2, /* END: refused before any work, so it may be sent again */
    FRAME_BUNDLES = 4,       /* HELLO of a server, OPEN: the sender reads bundles too */
} frame_flag;

/* One message; meta and payload point into the bytes it was parsed from. */
typedef struct frame {
    uint8_t kind;
    uint16_t flags;
    uint16_t status;     /* END: a bh_code */
    uint64_t call_id;    /* chosen by the client, odd; 0 for the connection itself */
    uint32_t timeout_ms; /* OPEN: what is left of the deadline; 0 = the server's default */
    /* DATA, END: messages of the stream so far, this one included; HELLO, CREDIT, OPEN of a stream: messages, and their
     * bytes, that the client takes (more). */
    uint32_t messages;
    uint32_t bytes;
    const uint8_t *meta;
    size_t meta_size;
    const uint8_t *payload;
    size_t payload_size;
} frame;

/* NULL, or what is wrong with the bytes. */
const char *frame_parse(const uint8_t *bytes, size_t n, frame *ret_frame);
/* Writes the header; meta and payload are placed behind it by the caller. */
void frame_write(const frame *head, uint8_t ret_header[FRAME_HEADER_SIZE]);
