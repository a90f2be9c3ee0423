/* A kept tree head: whatever is accepted is written back byte for byte. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The digest is in the way of every mutation: it is made anew. */
static char *with_digest(arena *mem, const uint8_t *bytes, size_t n, size_t *ret_n) {
    uint8_t digest[SHA256_SIZE];
    buf text;
    buf_init(&text, mem);
    buf_add(&text, bytes, n);
    sha256(bytes, n, digest);
    buf_addf(&text, "sha256 %s\n", hex(mem, digest, sizeof(digest)));
    *ret_n = text.n;
    return text.s;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    enum { LAST_LINE = 72 };
    arena *mem = arena_new(8 << 20);
    log_head head;
    size_t size;
    (void) head_parse(mem, (const char *) bytes, n, &head);
    const char *text = with_digest(mem, bytes, n > LAST_LINE ? n - LAST_LINE : n, &size);
    if (head_parse(mem, text, size, &head)) {
        buf again;
        buf_init(&again, mem);
        head_write(&again, &head);
        /* Leading zeros and upper-case digits are read, but not written. */
        assert(again.n <= size);
    }
    arena_free(mem);
    return 0;
}
