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

bh_err *import_parse(bh_call *c, arena *mem, const char *text, size_t n, import_document *ret_document) {
    lines all;
    outline skeleton;
    rules stated;
    *ret_document = (import_document){ 0 };
    if (n > IMPORT_TEXT_MAX)
        return bh_fail(c, IMPORT_TOO_LARGE, "4 MiB");
    if (!utf8_is_valid(text, n))
        return bh_fail(c, IMPORT_NOT_TEXT);
    if (!lines_split(mem, (span){ text, n }, IMPORT_LINES_MAX, &all))
        return bh_fail(c, IMPORT_TOO_LARGE, "100000 行");
    bool *taken = arena_array(mem, all.n + 1, sizeof(*taken));
    matrix_read(mem, &all, taken, ret_document);
    outline_read(mem, &all, taken, &skeleton);
    head_read(mem, &all, taken, &skeleton, ret_document, &stated);
    items_read(mem, &all, &skeleton, &stated, ret_document);
    read_numbers(mem, &ret_document->tasks);
    read_numbers(mem, &ret_document->livelihood);
    same_read(mem, &ret_document->tasks);
    same_read(mem, &ret_document->livelihood);
    return NULL;
}
