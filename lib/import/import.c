#include "import/import.h"

#include "base/utf8.h"
#include "import/grid.h"
#include "import/items.h"
#include "import/matrix.h"
#include "import/numbers.h"
#include "import/same.h"
#include "import/unroll.h"

static void read_numbers(arena *mem, import_list *list) {
    for (size_t i = 0; i < list->n; i++)
        numbers_read(mem, &list->at[i]);
}

static bool holds(int first, int last, int at) {
    return first <= at && at <= last;
}

/* The doubts of the record that was printed at a line; of the document when there is none. */
static import_warnings *doubts_at(import_document *document, int at) {
    import_list *const lists[] = { &document->tasks, &document->livelihood };
    for (size_t l = 0; l < countof(lists); l++)
        for (size_t i = 0; i < lists[l]->n; i++)
            if (holds(lists[l]->at[i].first_line, lists[l]->at[i].last_line, at))
                return &lists[l]->at[i].warnings;
    for (size_t i = 0; i < document->matrix.n; i++)
        if (holds(document->matrix.at[i].first_line, document->matrix.at[i].last_line, at))
            return &document->matrix.at[i].warnings;
    return &document->warnings;
}

/* What was doubtful about a line before it was known which record it is. */
static void place_doubts(import_document *document, const import_warnings *doubts) {
    for (size_t i = 0; i < doubts->n; i++)
        warnings_add(document->mem, doubts_at(document, doubts->at[i].line), doubts->at[i]);
}

/* A text without records says so, unless something else does. */
static void doubt_emptiness(const lines *all, import_document *document) {
    if (all->n && !document->tasks.n && !document->livelihood.n && !document->matrix.n && !document->warnings.n)
        warn(document->mem, &document->warnings, all->at[0].no, NOTHING_FOUND);
}

/* Tables come first, so that no other reader takes their lines. */
static void read_document(const lines *printed, import_document *document) {
    outline skeleton;
    rules stated;
    lines ruled, all;
    import_warnings doubts = { 0 };
    arena *mem = document->mem;
    grid_read(mem, printed, &ruled, &doubts);
    unroll_read(mem, &ruled, &all, &doubts);
    bool *taken = arena_array(mem, all.n + 1, sizeof(*taken));
    matrix_read(mem, &all, taken, document);
    outline_read(mem, &all, taken, &skeleton);
    head_read(mem, &all, taken, &skeleton, document, &stated);
    items_read(mem, &all, &skeleton, &stated, document);
    read_numbers(mem, &document->tasks);
    read_numbers(mem, &document->livelihood);
    same_read(mem, &document->tasks);
    same_read(mem, &document->livelihood);
    place_doubts(document, &doubts);
    doubt_emptiness(printed, document);
}

static void release(void *mem) {
    arena_free(mem);
}

bh_err *import_parse(bh_call *c, const char *text, size_t n, import_document *ret_document) {
    enum { MEMORY_MAX = 512 << 20 }; /* texts all of doubtful numbers need nearly all of it */
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
