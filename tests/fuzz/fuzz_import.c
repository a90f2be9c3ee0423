/* Any bytes: the importer refuses them or gives an object; the object is always written. */
#include <stdint.h>

#include "import/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    arena *mem = arena_new(IMPORT_MEMORY_MAX);
    bh_call c = { .mem = mem };
    import_document document;
    if (!import_parse(&c, mem, (const char *) bytes, n, &document))
        import_write_json(mem, &document);
    arena_free(mem);
    return 0;
}
