#include "rpc/credit.h"

#include "rpc/frame.h"

bool credit_grant(credit *left, credit more) {
    if (more.messages > CREDIT_MESSAGES_MAX - left->messages || more.bytes > CREDIT_BYTES_MAX - left->bytes)
        return false;
    left->messages += more.messages;
    left->bytes += more.bytes;
    return true;
}

bool credit_covers(const credit *left) {
    return left->messages > 0 && left->bytes >= FRAME_ITEM_MAX;
}

void credit_reserve(credit *left) {
    left->messages--;
    left->bytes -= FRAME_ITEM_MAX;
}

void credit_settle(credit *left, const size_t *sent_size) {
    left->messages += sent_size == NULL;
    left->bytes += FRAME_ITEM_MAX - (sent_size ? (uint32_t) *sent_size : 0);
}

bool credit_take(credit *left, size_t size) {
    if (left->messages == 0 || size > left->bytes)
        return false;
    left->messages--;
    left->bytes -= (uint32_t) size;
    return true;
}
