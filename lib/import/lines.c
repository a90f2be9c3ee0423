#include "import/lines.h"

#include <string.h>

#include "import/marks.h"

static const char *const byte_order_mark[] = { "\ufeff", NULL };

/* The text up to the next line end; *rest moves behind it. */
static span next_line(span *rest) {
    size_t n = 0;
    while (n < rest->n && rest->s[n] != '\n' && rest->s[n] != '\r')
        n++;
    span text = span_cut(*rest, 0, n);
    if (n + 1 < rest->n && rest->s[n] == '\r' && rest->s[n + 1] == '\n')
        n++;
    *rest = span_from(*rest, n < rest->n ? n + 1 : n);
    return text;
}

/* "— 10 —", "- 3 -", "第 3 页", "第3页共20页", "12": a page number, seen on the folded line. */
static bool is_page_number(span text) {
    static const char *const dashes[] = { "—", "-", "·", "―", "第", NULL };
    static const char *const tails[] = { "—", "-", "·", "―", "页", NULL };
    enum { PAGE_DIGITS_MAX = 4 };
    size_t comma = span_find(text, "页", 0);
    static const char *const totals[] = { "页共", "页，共", "页/共", NULL };
    if (comma != SPAN_NONE && span_starts(span_from(text, comma), totals))
        text.n = comma + strlen("页");
    for (size_t n; (n = span_starts(text, dashes)) > 0;)
        text = span_from(text, n);
    for (size_t n; (n = span_ends(text, tails)) > 0;)
        text.n -= n;
    return text.n && text.n <= PAGE_DIGITS_MAX && digits_length(text) == text.n;
}

/* The red letterhead ends in 文件; on a page break it can fall into the middle of a sentence. */
static bool is_letterhead(span text) {
    static const char *const tail[] = { "文件", NULL };
    enum { LETTERHEAD_MAX = 30 };
    return span_ends(text, tail) && span_length(text) <= LETTERHEAD_MAX;
}

static bool has_tab(span text) {
    return memchr(text.s, '\t', text.n) != NULL;
}

bool lines_split(arena *mem, span text, size_t line_max, lines *ret_lines) {
    size_t breaks = 1;
    for (size_t i = 0; i < text.n; i++)
        breaks += text.s[i] == '\n' || text.s[i] == '\r';
    if (breaks > line_max)
        return false;
    lines all = { .at = arena_array(mem, breaks, sizeof(*all.at)) };
    span head = { "", 0 };
    span rest = span_drop_start(text, byte_order_mark);
    for (int no = 1; rest.n; no++) {
        span printed = next_line(&rest);
        span reading = fold(mem, printed);
        bool page = is_page_number(reading) && !has_tab(printed), number = page && digits_length(reading) == reading.n;
        if (!reading.n || (page && !number) || (head.n && span_equal(reading, head)))
            continue;
        if (!head.n && is_letterhead(reading))
            head = reading;
        all.at[all.n++] = (line){ .no = no, .to = no, .printed = printed, .folded = reading, .number = number };
    }
    *ret_lines = all;
    return true;
}
