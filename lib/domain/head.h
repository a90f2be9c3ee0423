/* A tree head that is kept outside the database, as a text file, and what it takes to name the place of a change. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "domain/merkle.h"

enum { HEAD_BLOCKS_MAX = 1 << 20, HEAD_ORIGIN_MAX = 200 };

typedef struct log_head {
    const char *origin; /* name of the log */
    uint64_t size;      /* entries covered */
    merkle_hash root;
    int64_t time_ms;           /* when it was made, ms since 1970 UTC */
    const merkle_hash *blocks; /* tree hashes of the complete blocks of 256 entries */
    size_t block_count;        /* size / 256, or 0 when they are not known */
} log_head;

/* Lines of text, the last of which is the digest of those before it. */
void head_write(buf *out, const log_head *head);
/* Reads such a text; false when anything is out of place or was changed. Everything is copied into the arena. */
bool head_parse(arena *mem, const char *text, size_t n, log_head *ret_head);
/* True when the block hashes are those of this tree: the last entry's proof (its leaf hash and path) leads to the root,
 * and passes by the blocks. An empty tree fits without. */
bool head_fits(const log_head *head, const merkle_hash *last, const merkle_hash *path, size_t n);
