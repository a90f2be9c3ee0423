/* Arguments as they travel to the server. */
#pragma once

#include "pg/pg.h"
#include "pg/types.h"

/* One argument in its wire form; bytes NULL = SQL null. In text form the bytes are NUL-terminated. */
typedef struct pg_piece {
    const char *bytes;
    size_t size;
    bool binary;
} pg_piece;

/* Encodes one value for a parameter (or an array element) of this type, in the call's arena. A number out of range or
 * a malformed uuid is BAD_FIELD; a kind that cannot become this type is a programmer's error. */
MUST bh_err *piece_encode(bh_call *call, const pg_param *param, const pg_type *type, pg_value value,
                          pg_piece *ret_piece);

/* Joins pieces, the k-th of every command, into one array parameter. */
pg_piece pieces_join(arena *mem, const pg_type *element, const pg_piece *const *pieces, size_t n, size_t k);
