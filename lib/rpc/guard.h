/* Protobuf from and to bytes: untrusted ones are checked against the descriptor before anything is unpacked. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/call.h"

enum {
    RPC_SIZE_MAX = 4 << 20, /* bytes of one message */
    RPC_DEPTH_MAX = 16,     /* messages within messages */
    /* Unpacking may take RPC_MEMORY_BASE + RPC_MEMORY_FACTOR * size bytes of the call's arena. */
    RPC_MEMORY_BASE = 1 << 20,
    RPC_MEMORY_FACTOR = 8,
};

/* Unpacks into the call's arena. Refused: too large, too deep, truncated, wrong wire type, a singular field or a oneof
 * given twice, a string that is not UTF-8 or holds NUL, an unknown enum value, too much memory. Unknown fields pass. */
MUST bh_err *rpc_unpack(bh_call *call, const ProtobufCMessageDescriptor *type, const void *bytes, size_t n,
                        ProtobufCMessage **ret_message);
/* Packs one of our own into an arena. */
uint8_t *rpc_pack(arena *mem, const ProtobufCMessage *message, size_t *ret_size);
