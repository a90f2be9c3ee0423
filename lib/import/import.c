#include "import/import.h"

#include "base/utf8.h"
#include "import/items.h"
#include "import/matrix.h"
#include "import/numbers.h"
#include "import/same.h"

static void read_numbers(arena *mem, import_list *list) {
    for (size_t i = 0; i < list->n; i++)
        numbers_read(mem, &list->at[i]);
}

/* Tables come first, so that no other reader takes their lines. */
static void read_document(const lines *all, import_document *document) {
    outline skeleton;
    rules stated;
    arena *mem = document->mem;
    bool *taken = arena_array(mem, all->n + 1, sizeof(*taken));
    matrix_read(mem, all, taken, document);
    outline_read(mem, all, taken, &skeleton);
    head_read(mem, all, taken, &skeleton, document, &stated);
    items_read(mem, all, &skeleton, &stated, document);
    read_numbers(mem, &document->tasks);
    read_numbers(mem, &document->livelihood);
    same_read(mem, &document->tasks);
    same_read(mem, &document->livelihood);
}

static void release(void *mem) {
    arena_free(mem);
}

bh_err *import_parse(bh_call *c, const char *text, size_t n, import_document *ret_document) {
    enum { MEMORY_MAX = 512 << 20 }; /* the largest texts, all of marks and numbers, need less than half of it */
    lines all;
    if (n > IMPORT_TEXT_MAX)
        return bh_fail(c, IMPORT_TOO_LARGE, "4 MiB");
    if (!utf8_is_valid(text, n))
        return bh_fail(c, IMPORT_NOT_TEXT);
    *ret_document = (import_document){ .mem = arena_new(MEMORY_MAX) };
    arena_defer(c->mem, release, ret_document->mem);
    if (!lines_split(ret_document->mem, (span){ text, n }, IMPORT_LINES_MAX, &all))
        return bh_fail(c, IMPORT_TOO_LARGE, "100000 行 (lines)");
    read_document(&all, ret_document);
    return NULL;
}
