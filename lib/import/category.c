#include "import/category.h"

#include <string.h>

/* The rows of one numbered row: [first, end) of the matrix, with its label if one is printed. */
typedef struct group {
    size_t first, end;
    size_t page;
    const char *label; /* "" when blank */
    int label_line;
} group;

static size_t find_groups(const import_rows *rows, const row_place *places, group *groups) {
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const import_row *row = &rows->at[i];
        if (!i || places[i].group != places[i - 1].group || places[i].page != places[i - 1].page)
            groups[n++] = (group){ .first = i, .page = places[i].page, .label = "" };
        groups[n - 1].end = i + 1;
        if (!*groups[n - 1].label && *row->category) {
            groups[n - 1].label = row->category;
            groups[n - 1].label_line = row->first_line;
        }
    }
    return n;
}

static void assign(import_rows *rows, group *g, const char *category) {
    for (size_t i = g->first; i < g->end; i++)
        rows->at[i].category = category;
}

/* How many groups of the page [a, b) stand before its first label. */
static size_t blank_lead(const group *groups, size_t a, size_t b) {
    size_t n = 0;
    while (a + n < b && !*groups[a + n].label)
        n++;
    return n;
}

/* True when every new label of the page leaves `lag` blank groups above it, as labels in the middle of a cell do. */
static bool lag_is_constant(const group *groups, size_t a, size_t b, size_t lag, size_t *ret_labels) {
    const char *last = "";
    size_t last_at = a;
    *ret_labels = 0;
    for (size_t i = a; i < b; i++) {
        if (!*groups[i].label || strcmp(groups[i].label, last) == 0)
            continue;
        if (*last && i - last_at <= lag)
            return false;
        last = groups[i].label;
        last_at = i;
        ++*ret_labels;
    }
    return true;
}

static void warn_late(arena *mem, import_rows *rows, const group *g, const group *labelled, const char *carried) {
    import_row *row = &rows->at[g->first];
    if (*carried)
        warn(mem, &row->warnings, row->first_line, CATEGORY_LATE_OR_CARRIED, labelled->label,
             count_text(mem, (size_t) labelled->label_line), carried);
    else
        warn(mem, &row->warnings, row->first_line, CATEGORY_LATE, labelled->label,
             count_text(mem, (size_t) labelled->label_line));
}

static void warn_carried(arena *mem, import_rows *rows, const group *g, const group *labelled, const char *carried) {
    import_row *row = &rows->at[g->first];
    warn(mem, &row->warnings, row->first_line, CATEGORY_CARRIED, carried,
         count_text(mem, (size_t) labelled->label_line), labelled->label);
}

/* One page; carried is the category above it, the result the one below it. */
static const char *settle_page(arena *mem, import_rows *rows, group *groups, size_t a, size_t b, const char *carried) {
    size_t labels, lead = blank_lead(groups, a, b);
    bool any = a + lead < b;
    bool constant = lag_is_constant(groups, a, b, lead, &labels);
    size_t lag = any && lead && (!*carried || (constant && labels > 1)) ? lead : 0;
    for (size_t i = a; i < b; i++) {
        size_t later = i + 1;
        while (lag && later < b && later <= i + lag && !*groups[later].label)
            later++;
        bool late = lag && !*groups[i].label && later < b && later <= i + lag &&
                    strcmp(groups[later].label, carried) != 0 && (constant || i < a + lead);
        if (*groups[i].label)
            carried = groups[i].label;
        if (late)
            warn_late(mem, rows, &groups[i], &groups[later], carried);
        else if (any && !lag && constant && i < a + lead && *carried)
            warn_carried(mem, rows, &groups[i], &groups[a + lead], carried);
        assign(rows, &groups[i], late ? groups[later].label : carried);
    }
    return carried;
}

void category_settle(arena *mem, import_rows *rows, const row_place *places) {
    group *groups = arena_array(mem, rows->n + 1, sizeof(*groups));
    size_t n = find_groups(rows, places, groups);
    const char *carried = "";
    for (size_t a = 0, b; a < n; a = b) {
        for (b = a; b < n && groups[b].page == groups[a].page;)
            b++;
        carried = settle_page(mem, rows, groups, a, b, carried);
    }
}
