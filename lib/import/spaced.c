#include "import/spaced.h"

#include "base/buf.h"
#include "import/names.h"

static const char *const blanks[] = { " ", "\u3000", "\u00a0", "\t", "\n", NULL };
static const char *const marks[] = { "、", "，", "；", "：", "（", "）", ",", ";", ":", "(", ")", NULL };

/* What stands between two words. */
typedef enum gap { GAP_NONE, GAP_LINE, GAP_BLANK, GAP_MARK } gap;

/* Bytes of the blanks and marks at the start of the text. */
static size_t gap_read(span text, gap *ret_gap) {
    size_t at = 0, blank, mark;
    *ret_gap = GAP_NONE;
    for (;; at += blank + mark) {
        span here = span_from(text, at);
        blank = span_starts(here, blanks);
        mark = blank ? 0 : span_starts(here, marks);
        if (!blank && !mark)
            return at;
        gap found = mark ? GAP_MARK : span_first(here) == '\n' ? GAP_LINE : GAP_BLANK;
        *ret_gap = found > *ret_gap ? found : *ret_gap;
    }
}

static span next_word(span text) {
    size_t n = 0;
    gap found;
    while (n < text.n && !gap_read(span_from(text, n), &found))
        n += span_step(span_from(text, n));
    return span_cut(text, 0, n);
}

/* 市甲局 市乙局, 东区 西县, 市甲局 各县: two units of one government, two areas, or a collective behind a unit. */
static bool are_two(span left, span right) {
    static const char *const each[] = { "各", NULL };
    enum { SHORTEST = 3 };
    if (!name_is_unit(left) || !name_is_unit(right))
        return false;
    bool same = span_first(left) == span_first(right) && span_length(left) >= SHORTEST;
    return same || span_starts(right, each) || (name_is_county(left) && name_is_county(right));
}

/* 市甲会 团市委: perhaps two units, perhaps one. */
static bool may_be_two(span left, span right) {
    enum { SHORTEST = 3 };
    return name_is_unit(left) && name_is_unit(right) && span_length(left) >= SHORTEST && span_length(right) >= SHORTEST;
}

span spaced_fold(arena *mem, span printed, bool *ret_doubtful) {
    buf out;
    gap between;
    span left = { "", 0 };
    buf_init(&out, mem);
    for (span rest = printed; rest.n;) {
        size_t n = gap_read(rest, &between);
        span right = next_word(span_from(rest, n));
        bool parted = between == GAP_LINE || between == GAP_BLANK;
        if (parted && are_two(left, right))
            buf_adds(&out, "、");
        else if (between == GAP_BLANK && may_be_two(left, right))
            *ret_doubtful = true;
        buf_add(&out, rest.s, n + right.n);
        rest = span_from(rest, n + right.n);
        left = right;
    }
    return fold(mem, (span){ out.s, out.n });
}
