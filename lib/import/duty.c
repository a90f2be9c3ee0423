#include "import/duty.h"

#include <string.h>

#include "base/buf.h"

/* What a labelled part is about. */
typedef enum part_kind {
    PART_LIST,
    PART_LEAD,
    PART_CO,
    PART_COUNTY,
    PART_EQUAL,
    PART_LEADER,
    PART_DEADLINE,
    PART_OTHER
} part_kind;

typedef struct word_kind {
    const char *word;
    part_kind kind;
} word_kind;

/* Labels before a colon; of several that end there the longest counts. */
static const word_kind labels[] = {
    { "责任单位", PART_LIST },
    { "责任部门", PART_LIST },
    { "承办单位", PART_LIST },
    { "落实单位", PART_LIST },
    { "实施单位", PART_LIST },
    { "负责单位", PART_LIST },
    { "责任分工", PART_LIST },
    { "实施主体", PART_LIST },
    { "责任主体", PART_LIST },
    { "牵头单位", PART_LEAD },
    { "牵头部门", PART_LEAD },
    { "主办单位", PART_LEAD },
    { "牵头责任单位", PART_LEAD },
    { "主要责任单位", PART_LEAD },
    { "第一责任单位", PART_LEAD },
    { "牵头（汇总）单位", PART_LEAD },
    { "牵头或汇总单位", PART_LEAD },
    { "主责单位", PART_LEAD },
    { "牵头责任部门", PART_LEAD },
    { "牵头", PART_LEAD },
    { "配合单位", PART_CO },
    { "协办单位", PART_CO },
    { "协同单位", PART_CO },
    { "参与单位", PART_CO },
    { "参加单位", PART_CO },
    { "协作单位", PART_CO },
    { "协助单位", PART_CO },
    { "配合部门", PART_CO },
    { "协办部门", PART_CO },
    { "配合责任单位", PART_CO },
    { "协同责任单位", PART_CO },
    { "协办", PART_CO },
    { "配合", PART_CO },
    { "责任县（市、区）", PART_COUNTY },
    { "属地单位", PART_COUNTY },
    { "责任地区", PART_COUNTY },
    { "责任领导", PART_LEADER },
    { "牵头领导", PART_LEADER },
    { "分管领导", PART_LEADER },
    { "牵头市领导", PART_LEADER },
    { "责任市领导", PART_LEADER },
    { "分管市领导", PART_LEADER },
    { "负责领导", PART_LEADER },
    { "领办领导", PART_LEADER },
    { "完成时限", PART_DEADLINE },
    { "完成时间", PART_DEADLINE },
    { "时限要求", PART_DEADLINE },
    { "办结时限", PART_DEADLINE },
    { "完成期限", PART_DEADLINE },
    { "时间要求", PART_DEADLINE },
    { "时间节点", PART_DEADLINE },
    { "时限", PART_DEADLINE },
    { "市领导", PART_LEADER },
    { "县领导", PART_LEADER },
    { "区领导", PART_LEADER },
    { "包抓领导", PART_LEADER },
    { "联系领导", PART_LEADER },
    { "牵头市级领导", PART_LEADER },
    { "完成节点", PART_DEADLINE },
    { "完成日期", PART_DEADLINE },
    { "办理时限", PART_DEADLINE },
    { "工作时限", PART_DEADLINE },
    { "推进时限", PART_DEADLINE },
    { "计划完成时间", PART_DEADLINE },
    { "责任人", PART_OTHER },
    { "联系人", PART_OTHER },
    { "联络员", PART_OTHER },
    { "联系电话", PART_OTHER },
};

/* How a phrase ends that says what its units do: 甲局牵头，乙局配合. */
static const word_kind verbs[] = {
    { "牵头", PART_LEAD },
    { "牵头负责", PART_LEAD },
    { "牵头落实", PART_LEAD },
    { "配合", PART_CO },
    { "配合落实", PART_CO },
    { "协同配合", PART_CO },
    { "协助", PART_CO },
    { "参与", PART_CO },
    { "协同", PART_CO },
    { "参加", PART_CO },
    { "协办", PART_CO },
    { "负责", PART_LIST },
    { "落实", PART_LIST },
    { "承办", PART_LIST },
    { "按职责分工负责", PART_EQUAL },
    { "共同负责", PART_EQUAL },
    { "分别负责", PART_EQUAL },
    { "分工负责", PART_EQUAL },
    { "共同牵头", PART_EQUAL },
    { "各负其责", PART_EQUAL },
    { "按职责负责", PART_EQUAL },
    { "按职责分工落实", PART_EQUAL },
    { "按职责分工", PART_EQUAL },
    { "排名不分先后", PART_EQUAL },
    { "按职责分工协同负责", PART_EQUAL },
};

typedef struct part {
    part_kind kind;
    span value;
    size_t a, b; /* the bytes that leave the text, bracket included */
} part;

enum { PARTS_MAX = 16 };

typedef struct parts {
    part at[PARTS_MAX];
    size_t n;
} parts;

static const char *const bracket_open = "（", *const bracket_close = "）", *const colon = "：";

/* The row whose word ends the text, the longest first; NULL when there is none. */
static const word_kind *ending(span text, const word_kind *rows, size_t n) {
    const word_kind *best = NULL;
    for (size_t i = 0; i < n; i++) {
        const char *const word[] = { rows[i].word, NULL };
        if (span_ends(text, word) && (!best || strlen(rows[i].word) > strlen(best->word)))
            best = &rows[i];
    }
    return best;
}

/* A two-character label such as 配合： counts only at the start of a phrase. */
static bool stands_alone(span before, const word_kind *label) {
    static const char *const starts[] = { "。", "；", "，", "、", "（", "）", NULL };
    return strlen(label->word) > strlen("配合") || !before.n || span_ends(before, starts);
}

/* Byte behind the bracket that closes the one at `open`, or the end of the text. */
static size_t closing(span text, size_t open) {
    int depth = 0;
    for (size_t at = open; at < text.n; at += span_step(span_from(text, at))) {
        uint32_t c = span_first(span_from(text, at));
        depth += c == U'（' ? 1 : c == U'）' ? -1 : 0;
        if (depth == 0)
            return at + strlen(bracket_close);
    }
    return text.n;
}

/* First byte of the label that ends the text: 市级 and the like in front belong to it. */
static size_t label_start(span text, const word_kind *row) {
    static const char *const levels[] = { "市级", "市直", "县级", "区级", "州级", "主要", "具体", NULL };
    return span_drop_end(span_cut(text, 0, text.n - strlen(row->word)), levels).n;
}

/* A label that was found: its first byte, the first byte of its value. */
typedef struct label {
    size_t start, value;
    part_kind kind;
} label;

/* The next label at or after `from`; false when there is none. */
static bool next_label(span text, size_t from, label *ret_label) {
    for (size_t at = span_find(text, colon, from); at != SPAN_NONE; at = span_find(text, colon, at + 1)) {
        const word_kind *row = ending(span_cut(text, from, at), labels, countof(labels));
        size_t start = row ? label_start(span_cut(text, from, at), row) + from : at;
        if (row && stands_alone(span_cut(text, from, start), row)) {
            *ret_label = (label){ .start = start, .value = at + strlen(colon), .kind = row->kind };
            return true;
        }
    }
    return false;
}

/* A value outside brackets ends at a full stop. */
static size_t value_end(span text, size_t from, size_t limit) {
    size_t stop = span_find(text, "。", from);
    return stop != SPAN_NONE && stop + strlen("。") < limit ? stop + strlen("。") : limit;
}

static bool opens_bracket(span text, size_t from, size_t at) {
    static const char *const open[] = { "（", NULL };
    return span_ends(span_cut(text, from, at), open) > 0;
}

/* Finds the labelled parts in order, none overlapping; those in one bracket end with it. */
static void find_parts(span text, size_t from, parts *found) {
    static const char *const close[] = { "）", NULL };
    size_t done = from, group = 0;
    label l, next;
    while (found->n < PARTS_MAX && next_label(text, done, &l)) {
        size_t bracket = opens_bracket(text, done, l.start) ? strlen(bracket_open) : 0;
        group = bracket ? closing(text, l.start - bracket) : group;
        bool inside = l.start < group;
        size_t limit = inside ? group : text.n;
        bool more = next_label(text, l.value, &next) && next.start < limit;
        size_t end = more ? next.start : limit;
        if (more && opens_bracket(text, l.value, end))
            end -= strlen(bracket_open);
        end = inside ? end : value_end(text, l.value, end);
        span value = span_cut(text, l.value, end);
        value = inside && !more ? span_drop_end(value, close) : value;
        found->at[found->n++] = (part){ l.kind, value, l.start - bracket, end };
        done = end;
    }
}

static void doubt_name(arena *mem, duty *d, int line, const char *name) {
    const char *why = name_doubt(span_of(name));
    if (why)
        warn(mem, &d->doubts, line, "unit_doubtful", "单位名称“%s”%s", name, why);
}

static void set_lead(arena *mem, duty *d, int line, const char *name) {
    if (!d->lead) {
        d->lead = name;
        return;
    }
    names_add(mem, &d->co, name);
    warn(mem, &d->doubts, line, "several_leads", "写明了不止一个牵头单位：%s、%s；取第一个，其余列为协办", d->lead,
         name);
}

/* Counties of a plain list stand in it as well: the first name of the list may be one. */
static void place(arena *mem, duty *d, part_kind kind, const unit_name *unit, int line) {
    bool county = unit->county || kind == PART_COUNTY;
    bool plain = kind == PART_LIST || kind == PART_EQUAL;
    if (kind == PART_LEAD || unit->leads) {
        set_lead(mem, d, line, unit->name);
        return;
    }
    if (county)
        names_add(mem, &d->counties, unit->name);
    if (plain)
        names_add(mem, &d->list, unit->name);
    else if (!county)
        names_add(mem, &d->co, unit->name);
}

static void read_list(arena *mem, duty *d, part_kind kind, span list, bool after_comma, int line) {
    unit_names units;
    names_split(mem, list, after_comma, &units);
    for (size_t i = 0; i < units.n; i++) {
        doubt_name(mem, d, line, units.at[i].name);
        place(mem, d, kind, &units.at[i], line);
    }
    d->found = d->found || units.n;
    d->equal = d->equal || kind == PART_EQUAL || units.equal;
    if (units.open)
        warn(mem, &d->doubts, line, "unit_list_open", "单位名单以“等”结尾，未列全");
    if (units.overflow)
        warn(mem, &d->doubts, line, "unit_list_long", "单位超过 %d 个，其余未读入", IMPORT_UNITS_MAX);
}

/* The units of one part: phrases between commas, each perhaps with its verb. */
static void read_units(arena *mem, duty *d, part_kind kind, span value, int line) {
    static const char *const stops[] = { "，", "；", "。", NULL };
    for (size_t i = 0; value.n; i++) {
        span phrase = span_next_part(&value, stops);
        const word_kind *verb = ending(phrase, verbs, countof(verbs));
        phrase.n -= verb ? strlen(verb->word) : 0;
        if (!phrase.n || name_is_note(phrase)) {
            d->equal = d->equal || (verb && verb->kind == PART_EQUAL);
            continue;
        }
        read_list(mem, d, verb ? verb->kind : kind, phrase, i > 0 && !verb, line);
    }
}

static void read_part(arena *mem, duty *d, const part *p, int line) {
    static const char *const marks[] = { "。", "；", "，", "、", NULL };
    span value = p->value;
    for (size_t n; (n = span_ends(value, marks)) > 0;)
        value.n -= n;
    if (p->kind == PART_LEADER)
        d->leader = value;
    else if (p->kind == PART_DEADLINE)
        d->deadline = value;
    else if (p->kind != PART_OTHER)
        read_units(mem, d, p->kind, value, line);
}

/* True when every phrase in the bracket is a list of units, with or without a verb. */
static bool is_unit_phrase(span inner) {
    static const char *const separators[] = { "，", "；", "、", NULL };
    bool verbs_seen = false, units = inner.n > 0;
    while (inner.n && units) {
        span phrase = span_next_part(&inner, separators);
        const word_kind *verb = ending(phrase, verbs, countof(verbs));
        verbs_seen = verbs_seen || verb;
        phrase.n -= verb ? strlen(verb->word) : 0;
        phrase = names_drop_open_end(phrase);
        units = name_is_unit(phrase) || (verb && !phrase.n);
    }
    return units;
}

/* The unlabelled bracket at the end of text: （甲局牵头，乙局配合） or （甲局、乙局）. */
static bool find_bracket(span text, size_t from, part *ret_part) {
    static const char *const ends[] = { "。", "；", NULL };
    static const char *const close[] = { "）", NULL };
    span body = span_drop_end(text, ends);
    if (!span_ends(body, close))
        return false;
    enum { REACH = 3000 }; /* bytes */
    size_t open = span_find(body, bracket_open, body.n > REACH && body.n - REACH > from ? body.n - REACH : from);
    while (open != SPAN_NONE && closing(body, open) != body.n)
        open = span_find(body, bracket_open, open + 1);
    if (open == SPAN_NONE)
        return false;
    span inner = span_cut(body, open + strlen(bracket_open), body.n - strlen(bracket_close));
    *ret_part = (part){ PART_LIST, inner, open, body.n };
    return is_unit_phrase(inner);
}

/* Without a label the units may stand in a bracket in front of the other parts, or behind them. */
static void find_unlabelled(span text, size_t from, parts *found) {
    part bracket;
    if (found->n == PARTS_MAX)
        return;
    if (find_bracket(span_cut(text, 0, found->n ? found->at[0].a : text.n), from, &bracket)) {
        memmove(found->at + 1, found->at, found->n * sizeof(*found->at));
        found->at[0] = bracket;
        found->n++;
    } else if (found->n && find_bracket(text, found->at[found->n - 1].b, &bracket)) {
        found->at[found->n++] = bracket;
    }
}

/* What is left of the printed text when the parts are taken out. */
static const char *text_without(arena *mem, const folded *paragraph, size_t from, const parts *taken) {
    buf out;
    buf_init(&out, mem);
    for (size_t i = 0; i <= taken->n; i++) {
        size_t to = i < taken->n ? taken->at[i].a : paragraph->text.n;
        span piece = fold_printed(paragraph, from, to);
        buf_add(&out, piece.s, piece.n);
        from = i < taken->n ? taken->at[i].b : from;
    }
    return out.s;
}

void duty_read(arena *mem, const folded *paragraph, size_t from, int line, duty *ret_duty) {
    parts found = { .n = 0 };
    *ret_duty = (duty){ .leader = { "", 0 }, .deadline = { "", 0 } };
    find_parts(paragraph->text, from, &found);
    bool units = false;
    for (size_t i = 0; i < found.n; i++)
        units = units || found.at[i].kind <= PART_COUNTY;
    if (!units)
        find_unlabelled(paragraph->text, from, &found);
    for (size_t i = 0; i < found.n; i++)
        read_part(mem, ret_duty, &found.at[i], line);
    ret_duty->text = text_without(mem, paragraph, from, &found);
}
