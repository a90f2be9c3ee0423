/* The five bytes in front of each message where a body may hold several: flags and length. */
#pragma once

#include "base/buf.h"
#include "base/call.h"

enum { ENVELOPE_SIZE = 5 };

/* NULL when the body is one whole message behind its envelope. None or two is UNIMPLEMENTED, as other servers say. */
MUST bh_err *envelope_check(bh_call *call, const uint8_t *bytes, size_t n);
/* Fills the envelope in front of n bytes. */
void envelope_write(uint8_t ret_envelope[ENVELOPE_SIZE], uint8_t flags, size_t n);
/* Appends a message behind its envelope. */
void envelope_add(buf *out, uint8_t flags, const char *bytes, size_t n);
