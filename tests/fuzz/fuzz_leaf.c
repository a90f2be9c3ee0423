/* Whatever parses as an audit entry is written back byte for byte: the layout has one encoding. */
#include <assert.h>
#include <string.h>

#include "domain/leaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    arena *mem = arena_new(1 << 20);
    leaf entry;
    uint8_t previous[SHA256_SIZE];
    if (leaf_parse(mem, bytes, n, &entry, previous)) {
        size_t size;
        const uint8_t *body = leaf_body(mem, &entry, &size);
        assert(size + SHA256_SIZE == n && memcmp(body, bytes, size) == 0);
        assert(memcmp(previous, bytes + size, SHA256_SIZE) == 0);
    }
    arena_free(mem);
    return 0;
}
