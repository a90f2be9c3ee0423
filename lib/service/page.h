/* Keyset paging: a page token names the last row that was shown, in parts that the list is sorted by. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/call.h"

enum { PAGE_SIZE_DEFAULT = 100, PAGE_SIZE_MAX = 500 };
/* Of the rows of a page: a page that is cut is read on, a message that is too large is not read at all. */
enum { PAGE_BYTES_MAX = 3 << 19 };

/* Rows to ask for: the default for 0; an error beyond the limit. */
MUST bh_err *page_rows(bh_call *call, int32_t page_size, int32_t *ret_rows);
/* Splits a token "a/b" into exactly n parts; an empty token, the first page, gives NULL in every part. */
MUST bh_err *page_parts(bh_call *call, const char *token, const char **ret_parts, size_t n);
/* A number from 0 to max in a part. */
MUST bh_err *page_number(bh_call *call, const char *part, int64_t max, int64_t *ret_number);

/* Lists sorted by one number: how many rows to ask for and after which number, 0 = from the beginning. */
MUST bh_err *page_after(bh_call *call, int32_t page_size, const char *token, int32_t *ret_rows, int32_t *ret_after);
/* Whether a row fits into a message behind *bytes of rows, which then count it; the first always fits. */
bool page_takes(size_t *bytes, const ProtobufCMessage *row);
/* Of the *n rows found, a repeated field, keeps the first that fit into a message, one at least. Whether there may be
 * more behind what is kept: rows were dropped, or as many found as asked for. */
bool page_cut(const void *rows, size_t *n, int32_t asked);
/* The token behind a last row of this number; "" when there is no more. */
char *page_token(bh_call *call, bool has_more, int32_t last);
