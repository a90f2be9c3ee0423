#include "import/headings.h"

#include <string.h>

#include "base/buf.h"
#include "import/everyone.h"
#include "import/marks.h"

enum { HEADING_MAX = 120 }; /* bytes of a heading in a message */

/* 市甲局（八项）: a heading that is nothing but the name of an office of this government. */
static const char *unit_alone(arena *mem, span text) {
    static const char *const levels[] = { "市", "县", "区", "州", "旗", NULL };
    static const char *const never[] = { "社会", NULL };
    size_t open = span_find(text, "（", 0);
    span name = span_cut(text, 0, open == SPAN_NONE ? text.n : open);
    bool unit = span_starts(name, levels) && name_is_unit(name) && !name_is_county(name) && !span_ends(name, never);
    return unit && !name_doubt(name) ? span_dup(mem, name) : NULL;
}

/* 甲局牵头（八项）, 工业经济由甲局牵头: the unit in front of 牵头. */
static const char *unit_of(arena *mem, span text) {
    static const char *const sentence[] = { "，", "。", NULL };
    size_t at = span_find(text, "牵头", 0), by = span_find(text, "由", 0);
    if (at == SPAN_NONE)
        return unit_alone(mem, text);
    span name = span_cut(text, by < at ? by + strlen("由") : 0, at);
    return name.n && name_is_unit(name) && !span_has(name, sentence) ? span_dup(mem, name) : NULL;
}

/* The leader stands behind a label, in a bracket of the heading, or is the heading. */
static leader leader_of(arena *mem, span text, const duty *d) {
    leader who = { 0 };
    if (d->leader.n && leader_read(mem, d->leader, true, &who))
        return who;
    size_t open = span_find(text, "（", 0);
    if (open != SPAN_NONE && leader_read(mem, span_from(text, open), false, &who) && who.name)
        return who;
    return leader_read(mem, text, false, &who) ? who : (leader){ 0 };
}

/* 8 of （8项） and （共8项）, 0 when the heading does not say. */
static int announced_by(span text) {
    static const char *const total[] = { "共", "计", "共计", NULL };
    int number = 0;
    size_t end = span_find(text, "项）", 0), open = SPAN_NONE;
    span before = span_cut(text, 0, end == SPAN_NONE ? 0 : end);
    for (size_t at = span_find(before, "（", 0); at != SPAN_NONE; at = span_find(before, "（", at + 1))
        open = at + strlen("（");
    if (open == SPAN_NONE)
        return 0;
    span inner = span_drop_start(span_from(before, open), total);
    return numeral_read(inner, &number) == inner.n ? number : 0;
}

void headings_count(headings *h) {
    for (mark_kind kind = MARK_PART; kind < MARK_KINDS; kind++)
        h->at[kind].items++;
}

void headings_close(arena *mem, headings *h, mark_kind kind, import_warnings *doubts) {
    for (; kind < MARK_KINDS; kind++) {
        const heading *closed = &h->at[kind];
        if (closed->number && closed->announced && closed->announced != closed->items)
            warn(mem, doubts, closed->printed_line, ITEMS_COUNT, count_text(mem, (size_t) closed->announced),
                 count_text(mem, (size_t) closed->items));
        h->at[kind] = (heading){ 0 };
    }
}

static void doubt_heading(arena *mem, const heading *h, int before, span text, int printed_line,
                          import_warnings *doubts) {
    static const char *const lead[] = { "牵头", NULL };
    if (before >= h->number)
        warn(mem, doubts, printed_line, SECTION_ORDER, count_text(mem, (size_t) before),
             count_text(mem, (size_t) h->number));
    if (!h->lead && everyone_is_named_in_part(text))
        warn(mem, doubts, printed_line, UNITS_FOR_PART);
    else if (!h->who.title && !h->lead && !h->equal && span_has(text, lead))
        warn(mem, doubts, printed_line, HEADING_UNREAD, span_dup(mem, span_clip(text, HEADING_MAX)));
}

/* What the unit lines and the words of a heading say of the items below it. */
static void read_units(arena *mem, heading *h, const duty *d, span title) {
    h->equal = !d->lead && d->equal && d->list.n > 1;
    h->lead = d->lead ? d->lead : d->list.n && !h->equal ? d->list.at[0] : NULL;
    if (!d->found && !h->who.title)
        h->lead = unit_of(mem, title);
    names_copy(mem, &h->counties, &d->counties, h->lead, NULL);
    names_copy(mem, &h->co, &d->list, h->lead, &h->counties);
    names_copy(mem, &h->co, &d->co, h->lead, &h->counties);
}

void headings_open(arena *mem, headings *h, const lines *all, const paragraph *p, const duty *d,
                   import_warnings *doubts) {
    span text = span_from(outline_join(mem, all, p->first, p->last).text, p->mark.n);
    span title = fold(mem, span_of(d->text));
    int before = h->at[p->mark.kind].number, printed_line = all->at[p->first].no;
    heading opened = { .number = p->mark.number,
                       .who = leader_of(mem, title, d),
                       .deadline = d->deadline,
                       .announced = announced_by(title),
                       .printed_line = printed_line };
    opened.livelihood = outline_is_livelihood(all->at[p->first].folded);
    read_units(mem, &opened, d, title);
    doubt_heading(mem, &opened, before, text, printed_line, doubts);
    for (size_t i = 0; i < d->doubts.n; i++)
        warnings_add(mem, doubts, d->doubts.at[i]);
    headings_close(mem, h, p->mark.kind, doubts);
    h->at[p->mark.kind] = opened;
}

static const heading *innermost(const headings *h, bool (*says)(const heading *)) {
    for (mark_kind kind = MARK_KINDS; kind-- > MARK_NONE;)
        if (h->at[kind].number && says(&h->at[kind]))
            return &h->at[kind];
    return NULL;
}

static bool says_leader(const heading *h) {
    return h->who.title != NULL;
}

static bool says_lead(const heading *h) {
    return h->lead || h->equal;
}

static bool says_deadline(const heading *h) {
    return h->deadline.n > 0;
}

static bool says_livelihood(const heading *h) {
    return h->livelihood;
}

const heading *headings_leader(const headings *h) {
    return innermost(h, says_leader);
}

const heading *headings_lead(const headings *h) {
    return innermost(h, says_lead);
}

const heading *headings_deadline(const headings *h) {
    return innermost(h, says_deadline);
}

const heading *headings_livelihood(const headings *h) {
    return innermost(h, says_livelihood);
}

/* The level that counts as the section: the one that names the leader, else 一、, a part, （一）, 1. */
static mark_kind section_kind(const headings *h) {
    static const mark_kind order[] = { MARK_ORDINAL, MARK_PART, MARK_BRACKET, MARK_DIGITS };
    const heading *led = headings_leader(h);
    if (led && led != &h->at[MARK_NONE])
        return (mark_kind) (led - h->at);
    for (size_t i = 0; i < countof(order); i++)
        if (h->at[order[i]].number)
            return order[i];
    return MARK_NONE;
}

const char *headings_number(arena *mem, const headings *h, mark item, bool all_levels) {
    mark_kind section = section_kind(h);
    buf out;
    buf_init(&out, mem);
    for (mark_kind kind = MARK_PART; kind < item.kind; kind++)
        if (h->at[kind].number && (all_levels || kind == section))
            buf_addf(&out, "%d.", h->at[kind].number);
    if (item.above && !h->at[MARK_DIGITS].number && (all_levels || section == MARK_NONE))
        buf_addf(&out, "%d.", item.above);
    buf_addf(&out, "%d", item.number);
    return out.s;
}
