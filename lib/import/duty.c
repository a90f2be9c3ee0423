#include "import/duty.h"

#include "base/buf.h"
#include "import/parts.h"
#include "import/spaced.h"

enum { SPACED_MAX = 120 }; /* bytes of a list in a message */

static void doubt_name(arena *mem, duty *d, int line, const char *name) {
    doubt_kind why = name_doubt(span_of(name));
    if (why)
        warnings_add(mem, &d->doubts, doubt_about(line, why, WORDS(name)));
}

static void set_lead(arena *mem, duty *d, int line, const char *name) {
    if (!d->lead) {
        d->lead = name;
        return;
    }
    names_add(mem, &d->co, name);
    warn(mem, &d->doubts, line, SEVERAL_LEADS, d->lead, name);
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
        warn(mem, &d->doubts, line, UNIT_LIST_OPEN);
    if (units.overflow)
        warn(mem, &d->doubts, line, UNIT_LIST_LONG, count_text(mem, (size_t) IMPORT_UNITS_MAX));
}

/* The units of one part: phrases between commas, each perhaps with its verb. */
static void read_units(arena *mem, duty *d, const part *p, span value, int line) {
    static const char *const stops[] = { "，", "；", "。", NULL };
    for (size_t i = 0; value.n; i++) {
        span phrase = span_next_part(&value, stops);
        part_kind kind = p->kind == PART_SECTION ? PART_LIST : p->kind;
        bool verb = phrase_drop_verb(&phrase, &kind);
        if (p->kind == PART_SECTION)
            phrase = phrase_of_section(phrase, &kind);
        if (!phrase.n || name_is_note(phrase)) {
            d->equal = d->equal || (verb && kind == PART_EQUAL);
            continue;
        }
        read_list(mem, d, kind, phrase, i > 0 && !verb, line);
    }
}

/* The list as printed, blanks between units read as marks. */
static void read_spaced(arena *mem, duty *d, const part *p, const folded *paragraph, span value, int line) {
    bool doubtful = false;
    size_t a = (size_t) (value.s - paragraph->text.s);
    span list = value.n ? spaced_fold(mem, fold_printed(paragraph, a, a + value.n), &doubtful) : value;
    read_units(mem, d, p, list, line);
    if (doubtful)
        warn(mem, &d->doubts, line, UNIT_SPACED, span_dup(mem, span_clip(list, SPACED_MAX)));
}

static void read_part(arena *mem, duty *d, const part *p, const folded *paragraph, int line) {
    static const char *const marks[] = { "。", "；", "，", "、", NULL };
    span value = p->value;
    for (size_t n; (n = span_ends(value, marks)) > 0;)
        value.n -= n;
    if (p->kind == PART_LEADER)
        d->leader = value;
    else if (p->kind == PART_DEADLINE)
        d->deadline = value;
    else if (p->kind != PART_OTHER)
        read_spaced(mem, d, p, paragraph, value, line);
}

/* Appends the text without the ends of its lines. */
static void add_joined(buf *out, span text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] != '\n')
            buf_add(out, text.s + i, 1);
}

/* What is left of the printed text when the parts are taken out. */
static const char *text_without(arena *mem, const folded *paragraph, size_t from, const parts *taken) {
    buf out;
    buf_init(&out, mem);
    for (size_t i = 0; i <= taken->n; i++) {
        size_t to = i < taken->n ? taken->at[i].a : paragraph->text.n;
        add_joined(&out, fold_printed(paragraph, from, to));
        from = i < taken->n ? taken->at[i].b : from;
    }
    return out.s;
}

/* A second line of the same kind: perhaps of another item whose number was lost. */
static void doubt_repeated(arena *mem, duty *d, const parts *found, int line) {
    unsigned seen = 0, again = 0;
    for (size_t i = 0; i < found->n; i++) {
        unsigned bit = 1U << found->at[i].kind;
        again |= found->at[i].kind == PART_OTHER ? 0 : seen & bit;
        seen |= bit;
    }
    if (again)
        warn(mem, &d->doubts, line, UNIT_LINES_SEVERAL);
}

void duty_read(arena *mem, const folded *paragraph, size_t from, int line, duty *ret_duty) {
    parts found;
    *ret_duty = (duty){ .leader = { "", 0 }, .deadline = { "", 0 } };
    parts_find(paragraph->text, from, &found);
    for (size_t i = 0; i < found.n; i++)
        read_part(mem, ret_duty, &found.at[i], paragraph, line);
    doubt_repeated(mem, ret_duty, &found, line);
    if (found.full)
        warn(mem, &ret_duty->doubts, line, UNIT_LINES_MANY, count_text(mem, (size_t) PARTS_MAX));
    ret_duty->text = text_without(mem, paragraph, from, &found);
}
