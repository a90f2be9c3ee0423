#include "envelope.h"

#include "rpc/guard.h"

/* One envelope and its message; the size of both. */
static bh_err *check_first(bh_call *call, const uint8_t *bytes, size_t n, size_t *ret_size) {
    if (n < ENVELOPE_SIZE)
        return bh_fail_why(call, BAD_MESSAGE, "body", PREFIX_CUT_OFF);
    size_t size = (size_t) bytes[1] << 24 | (size_t) bytes[2] << 16 | (size_t) bytes[3] << 8 | bytes[4];
    if (bytes[0] == 1)
        return bh_fail(call, ENCODING_UNKNOWN, "compressed");
    if (bytes[0] != 0)
        return bh_fail_why(call, BAD_MESSAGE, "body", PREFIX_FLAGS);
    if (size > RPC_SIZE_MAX)
        return bh_fail(call, MESSAGE_TOO_LARGE, arena_printf(call->mem, "%d", RPC_SIZE_MAX));
    if (size > n - ENVELOPE_SIZE)
        return bh_fail_why(call, BAD_MESSAGE, "body", PREFIX_SIZE);
    *ret_size = ENVELOPE_SIZE + size;
    return NULL;
}

bh_err *envelope_check(bh_call *call, const uint8_t *bytes, size_t n) {
    size_t first, second;
    if (n == 0)
        return bh_fail(call, ONE_MESSAGE_EXPECTED);
    TRY(check_first(call, bytes, n, &first));
    if (n == first)
        return NULL;
    TRY(check_first(call, bytes + first, n - first, &second));
    return bh_fail(call, ONE_MESSAGE_EXPECTED);
}

void envelope_write(uint8_t ret_envelope[ENVELOPE_SIZE], uint8_t flags, size_t n) {
    const uint8_t bytes[ENVELOPE_SIZE] = { flags, (uint8_t) (n >> 24), (uint8_t) (n >> 16), (uint8_t) (n >> 8),
                                           (uint8_t) n };
    memcpy(ret_envelope, bytes, sizeof(bytes));
}

void envelope_add(buf *out, uint8_t flags, const char *bytes, size_t n) {
    uint8_t envelope[ENVELOPE_SIZE];
    envelope_write(envelope, flags, n);
    buf_add(out, envelope, sizeof(envelope));
    buf_add(out, bytes, n);
}
