/* Any bytes: the importer refuses them or gives an object; the object is always written. */
#include <stdint.h>

#include "import/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    arena *mem = arena_new(1 << 20);
    bh_call c = { .mem = mem };
    import_document document;
    if (!import_parse(&c, (const char *) bytes, n, &document))
        import_write_json(&document);
    arena_free(mem);
    return 0;
}
