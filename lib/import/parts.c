#include "import/parts.h"

#include <string.h>

#include "import/names.h"

typedef struct word_group {
    part_kind kind;
    const char *const *words;
} word_group;

#define GROUP(kind, ...) { PART_##kind, (const char *const[]){ __VA_ARGS__, NULL } },
#define NO_WORDS(...)
static const word_group labels[] = {
#define LABELS GROUP
#define VERBS NO_WORDS
#define SECTIONS NO_WORDS
#define LEADING NO_WORDS
#include "duty.def"
#undef LABELS
#undef VERBS
};
static const word_group verbs[] = {
#define LABELS NO_WORDS
#define VERBS GROUP
#include "duty.def"
#undef VERBS
#undef SECTIONS
#undef LEADING
};
#define VERBS NO_WORDS
#define SECTIONS(...) static const char *const sections[] = { __VA_ARGS__, NULL };
#define LEADING(...) static const char *const leading[] = { __VA_ARGS__, NULL };
#include "duty.def"

static const char *const bracket_open = "（", *const bracket_close = "）", *const colon = "：";
static const char *const open[] = { "（", NULL };
static const char *const close[] = { "）", NULL };

/* Length of the longest word that ends the text, 0 when none does. */
static size_t ending(span text, const word_group *groups, size_t n, part_kind *ret_kind) {
    size_t best = 0;
    for (size_t i = 0; i < n; i++) {
        size_t width = span_ends(text, groups[i].words);
        if (width > best)
            best = width, *ret_kind = groups[i].kind;
    }
    return best;
}

bool phrase_drop_verb(span *phrase, part_kind *ret_kind) {
    size_t n = ending(*phrase, verbs, countof(verbs), ret_kind);
    phrase->n -= n;
    return n > 0;
}

/* Byte behind the bracket that closes the one at `at`, or the end of the text. */
static size_t closing(span text, size_t at) {
    int depth = 0;
    for (; at < text.n; at += span_step(span_from(text, at))) {
        uint32_t c = span_first(span_from(text, at));
        depth += c == U'（' ? 1 : c == U'）' ? -1 : 0;
        if (depth == 0)
            return at + strlen(bracket_close);
    }
    return text.n;
}

/* A label that was found: its first byte, the first byte of its value. */
typedef struct label {
    size_t start, value;
    part_kind kind;
} label;

/* A two-character label such as 配合： counts only at the start of a phrase. */
static bool stands_alone(span before, size_t width) {
    static const char *const starts[] = { "。", "；", "，", "、", "（", "）", NULL };
    return width > strlen("配合") || !before.n || span_ends(before, starts);
}

/* The label at the end of the text; 市级 and the like in front belong to it. */
static bool read_label(span text, label *ret_label) {
    static const char *const levels[] = { "市级", "市直", "县级",   "区级",   "州级",   "主要",
                                          "具体", "本节", "本部分", "本领域", "该部分", NULL };
    size_t width = ending(text, labels, countof(labels), &ret_label->kind);
    span before = span_drop_end(span_cut(text, 0, text.n - width), levels);
    ret_label->start = before.n;
    return width && stands_alone(before, width);
}

/* 责任单位（列第一位的为牵头单位）: without the remark at the end. */
static span drop_remark(span text) {
    enum { LONGEST = 120 }; /* bytes */
    size_t from = text.n > LONGEST ? text.n - LONGEST : 0, last = text.n;
    size_t at = span_ends(text, close) ? span_find(text, bracket_open, from) : SPAN_NONE;
    for (; at != SPAN_NONE; at = span_find(text, bracket_open, at + 1))
        last = at;
    return span_cut(text, 0, last);
}

/* The next label at or after `from`; false when there is none. */
static bool next_label(span text, size_t from, label *ret_label) {
    for (size_t at = span_find(text, colon, from); at != SPAN_NONE; at = span_find(text, colon, at + 1)) {
        span head = span_cut(text, from, at);
        if (read_label(head, ret_label) || read_label(drop_remark(head), ret_label)) {
            ret_label->start += from;
            ret_label->value = at + strlen(colon);
            return true;
        }
    }
    return false;
}

bool part_begins(span text, part_kind *ret_kind) {
    enum { REACH_LABEL = 90 }; /* bytes */
    label l = { .kind = PART_OTHER };
    span head = span_drop_start(text, open);
    size_t at = span_find(span_clip(head, REACH_LABEL), colon, 0);
    head.n = at == SPAN_NONE ? 0 : at;
    bool found = (read_label(head, &l) || read_label(drop_remark(head), &l)) && l.start == 0;
    *ret_kind = l.kind;
    return found;
}

size_t part_label_alone(span printed) {
    static const char *const blanks[] = { " ", "\t", "\u3000", "\u00a0", NULL };
    size_t best = 0;
    for (size_t i = 0; i < countof(labels); i++) {
        size_t n = span_starts(printed, labels[i].words);
        best = n > best ? n : best;
    }
    return best > strlen("配合") && span_starts(span_from(printed, best), blanks) ? best : 0;
}

/* A value outside brackets ends at a full stop. */
static size_t value_end(span text, size_t from, size_t limit) {
    size_t stop = span_find(text, "。", from);
    return stop != SPAN_NONE && stop + strlen("。") < limit ? stop + strlen("。") : limit;
}

static bool opens_bracket(span text, size_t from, size_t at) {
    return span_ends(span_cut(text, from, at), open) > 0;
}

static void add_part(parts *found, part_kind kind, span value, size_t a, size_t b) {
    found->full = found->n == PARTS_MAX;
    if (!found->full)
        found->at[found->n++] = (part){ kind, value, a, b };
}

/* True when every phrase in the bracket is a list of units, with or without a verb. */
static bool is_unit_phrase(span inner) {
    static const char *const separators[] = { "，", "；", "、", NULL };
    bool units = inner.n > 0;
    while (inner.n && units) {
        part_kind kind;
        span phrase = span_next_part(&inner, separators);
        bool verb = phrase_drop_verb(&phrase, &kind);
        units = name_is_unit(names_drop_open_end(phrase)) || (verb && !phrase.n);
    }
    return units;
}

enum { REACH = 3000 }; /* bytes between the two ends of a bracket */

/* The outermost bracket that is open at byte `at`, or SPAN_NONE. */
static size_t enclosing(span text, size_t from, size_t at) {
    size_t p = at > REACH && at - REACH > from ? at - REACH : from, first = SPAN_NONE;
    int depth = 0;
    for (; p < at; p += span_step(span_from(text, p))) {
        uint32_t c = span_first(span_from(text, p));
        first = c == U'（' && !depth ? p : first;
        depth += c == U'（' ? 1 : c == U'）' && depth ? -1 : 0;
    }
    return depth ? first : SPAN_NONE;
}

/* （甲局牵头，乙局配合；完成时限：…）: units without a label of their own in front of a labelled part. */
static void add_units_before(span text, size_t bracket, size_t label_start, parts *found) {
    static const char *const marks[] = { "；", "，", "。", "、", NULL };
    span inner = span_drop_end(span_cut(text, bracket + strlen(bracket_open), label_start), marks);
    if (is_unit_phrase(inner))
        add_part(found, PART_LIST, inner, bracket, label_start);
}

/* Finds the labelled parts; those in one bracket end with it. */
static void find_labelled(span text, size_t from, parts *found) {
    size_t done = from;
    label l, next;
    while (!found->full && next_label(text, done, &l)) {
        size_t bracket = enclosing(text, from, l.start);
        size_t limit = bracket == SPAN_NONE ? text.n : closing(text, bracket);
        bool first = bracket != SPAN_NONE && bracket >= done,
             leads = first && bracket + strlen(bracket_open) == l.start;
        if (first && !leads)
            add_units_before(text, bracket, l.start, found);
        bool more = next_label(text, l.value, &next) && next.start < limit;
        size_t end = more ? next.start : limit;
        if (more && opens_bracket(text, l.value, end))
            end -= strlen(bracket_open);
        end = bracket == SPAN_NONE ? value_end(text, l.value, end) : end;
        span value = span_cut(text, l.value, end);
        value = bracket != SPAN_NONE && !more ? span_drop_end(value, close) : value;
        add_part(found, l.kind, value, leads ? bracket : l.start, end);
        done = end;
    }
}

/* The unlabelled bracket at the end of text: （甲局牵头，乙局配合） or （甲局、乙局）. */
static bool find_bracket(span text, size_t from, part *ret_part) {
    static const char *const ends[] = { "。", "；", NULL };
    span body = span_drop_end(text, ends);
    if (!span_ends(body, close))
        return false;
    size_t at = span_find(body, bracket_open, body.n > REACH && body.n - REACH > from ? body.n - REACH : from);
    while (at != SPAN_NONE && closing(body, at) != body.n)
        at = span_find(body, bracket_open, at + 1);
    if (at == SPAN_NONE)
        return false;
    span inner = span_cut(body, at + strlen(bracket_open), body.n - strlen(bracket_close));
    *ret_part = (part){ PART_LIST, inner, at, body.n };
    return is_unit_phrase(inner);
}

/* Without a label the units may stand in a bracket in front of the other parts, or behind them. */
static void find_unlabelled(span text, size_t from, parts *found) {
    part bracket;
    if (found->full || found->n == PARTS_MAX)
        return;
    if (find_bracket(span_cut(text, 0, found->n ? found->at[0].a : text.n), from, &bracket)) {
        memmove(found->at + 1, found->at, found->n * sizeof(*found->at));
        found->at[0] = bracket;
        found->n++;
    } else if (found->n && find_bracket(text, found->at[found->n - 1].b, &bracket)) {
        found->at[found->n++] = bracket;
    }
}

/* 本部分任务由甲局牵头，乙局配合。 in a bracket or a sentence of its own. */
static bool find_section(span text, size_t from, part *ret_part) {
    static const char *const duties[] = { "牵头", "责任单位", "负责", "配合", "落实", NULL };
    for (size_t at = from; at < text.n; at += span_step(span_from(text, at))) {
        if (!span_starts(span_from(text, at), sections))
            continue;
        size_t bracket = opens_bracket(text, from, at) ? strlen(bracket_open) : 0;
        size_t end = bracket ? closing(text, at - bracket) : value_end(text, at, text.n);
        span value = span_cut(text, at, end);
        *ret_part = (part){ PART_SECTION, bracket ? span_drop_end(value, close) : value, at - bracket, end };
        return span_has(value, duties);
    }
    return false;
}

void parts_find(span text, size_t from, parts *ret_parts) {
    part section;
    ret_parts->n = 0;
    ret_parts->full = false;
    find_labelled(text, from, ret_parts);
    bool units = false;
    for (size_t i = 0; i < ret_parts->n; i++)
        units = units || ret_parts->at[i].kind <= PART_COUNTY;
    if (units)
        return;
    if (!ret_parts->n && find_section(text, from, &section))
        add_part(ret_parts, section.kind, section.value, section.a, section.b);
    else
        find_unlabelled(text, from, ret_parts);
}

span phrase_of_section(span phrase, part_kind *kind) {
    static const char *const by[] = { "由", "为", "是", NULL };
    for (size_t at = 0; at < phrase.n; at += span_step(span_from(phrase, at))) {
        span head = span_cut(phrase, 0, at);
        size_t n = span_starts(span_from(phrase, at), by);
        if (!n || !(span_ends(head, leading) || span_ends(head, sections)))
            continue;
        ending(head, labels, countof(labels), kind);
        return span_from(phrase, at + n);
    }
    return phrase;
}
