/* What a receiver takes before it says more: so many messages, so many bytes (docs/PROTOCOL.md, streams). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct credit {
    uint32_t messages;
    uint32_t bytes;
} credit;

/* More than this is never on its way to one receiver: all of it fits below the sockets' marks. */
enum { CREDIT_MESSAGES_MAX = 4096, CREDIT_BYTES_MAX = 16 << 20 };

/* Adds a grant; false, and nothing is added, when there would be more than may be. */
bool credit_grant(credit *left, credit more);
/* True when a message of any size may be sent. */
bool credit_covers(const credit *left);
/* Sets a message of the largest size aside; the credit covers it. */
void credit_reserve(credit *left);
/* What was set aside is used for a message of this size, or comes back whole (NULL). */
void credit_settle(credit *left, const size_t *sent_size);
/* Takes a message of this size; false when it goes beyond the credit. */
bool credit_take(credit *left, size_t size);
