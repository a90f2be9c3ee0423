#include "import/items.h"

#include <string.h>

#include "import/dates.h"
#include "import/headings.h"
#include "import/parts.h"

/* One list while its paragraphs are walked. */
typedef struct walk {
    arena *mem;
    const lines *all;
    const outline *outline;
    const rules *rules;
    import_document *document;
    const duty *duties; /* beside outline->at */
    const list_title *title;
    size_t from, to;     /* the paragraphs of this list */
    mark_kind item_kind; /* what its items begin with */
    headings headings;   /* open at the moment */
    bool after_heading;  /* no item since the last heading */
    mark last;           /* of the item before */
    bool *custom_noted;  /* the missing rule of order was reported */
    bool full;           /* the list holds its maximum */
    size_t skipped;      /* paragraphs without units that were left out */
} walk;

/* The paragraph behind the sub-points of paragraph i. */
static size_t item_end(const walk *w, size_t i) {
    size_t end = i + 1;
    while (end < w->to && w->outline->at[end].mark.kind > w->outline->at[i].mark.kind)
        end++;
    return end;
}

static bool any_found(const walk *w, size_t a, size_t b) {
    for (size_t i = a; i < b; i++)
        if (w->duties[i].found)
            return true;
    return false;
}

/* The paragraph behind the section of paragraph i: the next one with a wider mark than `kind`. */
static size_t section_end(const walk *w, size_t i, mark_kind kind) {
    while (i < w->to && w->outline->at[i].mark.kind >= kind)
        i++;
    return i;
}

/* A heading that is a sentence with units of its own is an item as well. */
static bool has_sentence(const walk *w, size_t i) {
    static const char *const stop[] = { "。", NULL };
    return span_has(span_of(w->duties[i].text), stop);
}

/* A heading that names units for the items below it: they need not name any. */
static bool is_section_head(const walk *w, size_t i) {
    return w->duties[i].found && w->outline->at[i].mark.kind < MARK_DIGITS && !has_sentence(w, i);
}

/* Of the paragraphs with such marks, in sections that name units at all, the share that names them; in percent. */
static int coverage(const walk *w, mark_kind kind) {
    size_t items = 0, with_units = 0;
    for (size_t i = w->from; i < w->to; i++) {
        size_t end = section_end(w, i, kind);
        bool section = i > w->from && is_section_head(w, i - 1);
        if (!section && !any_found(w, i, end))
            i = end;
        for (; i < end; i++) {
            bool item = w->outline->at[i].mark.kind == kind;
            items += item;
            with_units += item && (section || any_found(w, i, item_end(w, i)));
        }
    }
    return items ? (int) (100 * with_units / items) : 0;
}

/* The narrowest mark most of whose paragraphs name units; 1. when nobody names any. */
static mark_kind choose_item_kind(const walk *w) {
    enum { MOST = 60 };
    mark_kind best = MARK_DIGITS;
    int best_coverage = 0;
    for (mark_kind kind = MARK_CIRCLE; kind > MARK_NONE; kind--) {
        int share = coverage(w, kind);
        if (share >= MOST)
            return kind;
        if (share > best_coverage)
            best = kind, best_coverage = share;
    }
    return best;
}

static folded paragraph_text(const walk *w, size_t a, size_t end) {
    return outline_join(w->mem, w->all, w->outline->at[a].first, w->outline->at[end - 1].last);
}

/* The item names nobody: who does it stands above. */
static void settle_by_section(const walk *w, const heading *section, import_item *item) {
    item->lead = section->lead;
    item->basis = section->lead ? IMPORT_SECTION : IMPORT_EQUAL;
    names_copy(w->mem, &item->counties, &section->counties, item->lead, NULL);
    names_copy(w->mem, &item->co, &section->co, item->lead, &item->counties);
}

/* Decides who leads, and on what ground. */
static void settle_lead(const walk *w, const duty *d, import_item *item) {
    const heading *section = headings_lead(&w->headings);
    bool equal = !d->lead && (d->equal || (w->rules->equal && d->list.n > 1));
    item->basis = IMPORT_EQUAL;
    if (d->lead)
        item->lead = d->lead, item->basis = IMPORT_EXPLICIT;
    else if (d->list.n && !equal)
        item->lead = d->list.at[0], item->basis = IMPORT_FIRST_LISTED;
    else if (section && !d->list.n)
        settle_by_section(w, section, item);
    names_copy(w->mem, &item->counties, &d->counties, item->lead, NULL);
    names_copy(w->mem, &item->co, &d->list, item->lead, &item->counties);
    names_copy(w->mem, &item->co, &d->co, item->lead, &item->counties);
}

/* 各县（市、区）政府 cannot lead; and where no rule says that the first leads, that is a custom. */
static void doubt_lead(walk *w, import_item *item) {
    static const char *const each[] = { "各", NULL };
    static const char *const some[] = { "各部门",   "各单位",   "各有关",   "各相关",   "有关部门",
                                        "相关部门", "有关单位", "相关单位", "直属单位", NULL };
    span lead = span_of(item->lead ? item->lead : "");
    if (span_starts(lead, each) || span_has(lead, some))
        warn(w->mem, &item->warnings, item->last_line, COLLECTIVE_LEAD, item->lead);
    if (item->basis != IMPORT_FIRST_LISTED || !item->co.n || w->rules->first_leads || *w->custom_noted)
        return;
    *w->custom_noted = true;
    warn(w->mem, &w->document->warnings, item->last_line, LEAD_BY_CUSTOM);
}

/* Printed as such; else a term in the sentence; else what the section says. */
static void settle_deadline(const walk *w, const duty *d, import_item *item) {
    const heading *section = headings_deadline(&w->headings);
    span printed = d->deadline;
    if (!printed.n)
        item->deadline = deadline_find(w->mem, fold(w->mem, span_of(item->text)), w->rules->year);
    if (!printed.n && !item->deadline && section)
        printed = section->deadline;
    if (!printed.n)
        return;
    bool several;
    item->deadline = deadline_read(w->mem, printed, w->rules->year, &several);
    if (!item->deadline)
        warn(w->mem, &item->warnings, item->last_line, DEADLINE_UNREAD, span_dup(w->mem, printed));
    if (several)
        warn(w->mem, &item->warnings, item->last_line, DEADLINE_SEVERAL, span_dup(w->mem, printed));
}

static void settle_leader(const walk *w, const duty *d, import_item *item) {
    const heading *section = headings_leader(&w->headings);
    leader who = section ? section->who : (leader){ 0 };
    if (d->leader.n && !leader_read(w->mem, d->leader, true, &who))
        warn(w->mem, &item->warnings, item->last_line, LEADER_UNREAD, span_dup(w->mem, d->leader));
    item->leader = who.name;
    item->leader_title = who.title;
}

static void check_sequence(walk *w, const import_item *item, mark m) {
    bool restarts = m.number == 1 && (w->after_heading || m.above != w->last.above);
    w->after_heading = false;
    if (m.number != w->last.number + 1 && !restarts)
        warn(w->mem, &w->document->warnings, item->first_line, NUMBER_ORDER,
             count_text(w->mem, (size_t) w->last.number), count_text(w->mem, (size_t) m.number));
    w->last = m;
}

static bool has_digits(span text) {
    size_t i = 0;
    while (i < text.n && !digits_length(span_from(text, i)))
        i++;
    return i < text.n;
}

/* 教育惠民工程 on a line of its own above the sentence: short, without a stop or a number other than a year in front.
 */
static size_t headline_bytes(const walk *w, const paragraph *p) {
    enum { LONGEST = 24, YEAR = 4 };
    static const char *const marks[] = { "。", "，", "；", "：", "、", "（", NULL };
    const line *first = &w->all->at[p->first];
    folded text = fold_with_origin(w->mem, span_trim(first->printed));
    span title = span_from(text.text, p->mark.n);
    span words = span_from(title, digits_length(title) == YEAR && year_find(title) ? YEAR : 0);
    bool sentence = span_length(title) > LONGEST || span_has(title, marks) || has_digits(words);
    part_kind kind;
    if (sentence || p->last == p->first || part_begins(first[1].folded, &kind))
        return 0;
    return fold_printed(&text, p->mark.n, text.text.n).n;
}

/* A new item of the list it belongs to; NULL when that is full, which is told once. */
static import_item *add_item(walk *w, const paragraph *p) {
    bool livelihood = w->title->livelihood || headings_livelihood(&w->headings);
    import_item *item = list_add(w->mem, livelihood ? &w->document->livelihood : &w->document->tasks);
    if (!item && !w->full)
        warn(w->mem, &w->document->warnings, w->all->at[p->first].no, ITEMS_FULL,
             count_text(w->mem, (size_t) IMPORT_ITEMS_MAX));
    w->full = w->full || !item;
    return item;
}

static void doubt_item(const walk *w, const duty *d, import_item *item) {
    if (!*item->text)
        warn(w->mem, &item->warnings, item->first_line, TEXT_MISSING);
    if (!item->lead && !item->co.n && !item->counties.n)
        warn(w->mem, &item->warnings, item->last_line, NO_UNITS);
    else if (!item->lead && d->found && !d->equal && !w->rules->equal)
        warn(w->mem, &item->warnings, item->last_line, NO_LEAD);
}

static void read_item(walk *w, size_t i, size_t end) {
    const paragraph *p = &w->outline->at[i];
    import_item *item = add_item(w, p);
    if (!item)
        return;
    *item = (import_item){ .first_line = w->all->at[p->first].no,
                           .last_line = w->all->at[w->outline->at[end - 1].last].to };
    duty whole = w->duties[i];
    if (end > i + 1) {
        folded text = paragraph_text(w, i, end);
        duty_read(w->mem, &text, p->mark.n, item->last_line, &whole);
    }
    item->no = headings_number(w->mem, &w->headings, p->mark, false);
    item->path = headings_number(w->mem, &w->headings, p->mark, true);
    item->text = whole.text;
    item->headline = headline_bytes(w, p);
    item->warnings = whole.doubts;
    settle_lead(w, &whole, item);
    doubt_lead(w, item);
    settle_leader(w, &whole, item);
    settle_deadline(w, &whole, item);
    doubt_item(w, &whole, item);
    headings_count(&w->headings);
    check_sequence(w, item, p->mark);
}

/* A section in which nobody is named is a demand on all, not a list of tasks. */
static bool is_task_section(const walk *w, size_t i) {
    return any_found(w, i, section_end(w, i, w->item_kind)) || headings_leader(&w->headings) ||
           headings_lead(&w->headings);
}

/* "2. 2025年民生实事清单" among the annexes is no task. */
static bool is_title_entry(const walk *w, size_t i) {
    const paragraph *p = &w->outline->at[i];
    return p->first == p->last && outline_is_title(span_from(w->all->at[p->first].folded, p->mark.n));
}

static void walk_paragraph(walk *w, size_t i, size_t end, bool *section_counts) {
    mark_kind kind = w->outline->at[i].mark.kind;
    bool is_heading = kind < w->item_kind;
    bool has_children = i + 1 < w->to && w->outline->at[i + 1].mark.kind > kind;
    bool opens_section = is_heading && (has_children || !w->duties[i].found);
    if (opens_section) {
        headings_open(w->mem, &w->headings, w->all, &w->outline->at[i], &w->duties[i], &w->document->warnings);
        *section_counts = is_task_section(w, i + 1);
        w->after_heading = true;
    }
    if (is_heading ? w->duties[i].found && (!opens_section || has_sentence(w, i)) : *section_counts)
        read_item(w, i, end);
    else if (!is_heading && !is_title_entry(w, i))
        w->skipped++;
}

/* A line between the title of a list and its first paragraph that consists of labels speaks for the whole list. */
static void read_preamble_line(walk *w, size_t i) {
    heading *h = &w->headings.at[MARK_NONE];
    folded text = outline_join(w->mem, w->all, i, i);
    duty d;
    duty_read(w->mem, &text, 0, w->all->at[i].no, &d);
    if (*d.text)
        return;
    h->number = 1;
    if (d.leader.n && !leader_read(w->mem, d.leader, true, &h->who))
        h->who = (leader){ 0 };
    h->lead = d.lead ? d.lead : h->lead;
    const import_names *const named[] = { &d.list, &d.co, &d.counties };
    for (size_t k = 0; k < countof(named); k++)
        names_copy(w->mem, &w->document->co_all, named[k], NULL, NULL);
}

static void read_preamble(walk *w) {
    for (size_t i = w->title->first; i < w->outline->at[w->from].first; i++)
        if (w->outline->loose[i])
            read_preamble_line(w, i);
}

static void walk_list(walk *w) {
    read_preamble(w);
    w->item_kind = choose_item_kind(w);
    bool section_counts = is_task_section(w, w->from);
    for (size_t i = w->from, end; i < w->to; i = end) {
        end = w->outline->at[i].mark.kind < w->item_kind ? i + 1 : item_end(w, i);
        walk_paragraph(w, i, end, &section_counts);
    }
    headings_close(w->mem, &w->headings, MARK_PART, &w->document->warnings);
    if (w->skipped)
        warn(w->mem, &w->document->warnings, w->all->at[w->outline->at[w->from].first].no, PARAGRAPHS_SKIPPED,
             count_text(w->mem, w->skipped));
}

/* Where section.item names two items, all levels are spelt out throughout the list. */
static void make_unique(import_list *list, size_t from) {
    bool unique = true;
    for (size_t i = from; i < list->n; i++)
        for (size_t j = from; j < i && unique; j++)
            unique = strcmp(list->at[i].no, list->at[j].no) != 0;
    for (size_t i = from; i < list->n && !unique; i++)
        list->at[i].no = list->at[i].path;
}

/* The line behind what may belong to paragraph i: the next paragraph, or the title of its list. */
static size_t lines_end(const lines *all, const outline *o, size_t i) {
    if (i + 1 == o->n)
        return all->n;
    const paragraph *next = &o->at[i + 1];
    return next->list == o->at[i].list ? next->first : o->lists[next->list].first;
}

/* A unit line that stands apart from every paragraph. */
static void doubt_loose(arena *mem, const lines *all, const outline *o, import_document *document) {
    part_kind kind;
    for (size_t i = 0; i < o->n; i++)
        for (size_t l = o->at[i].last + 1; l < lines_end(all, o, i); l++)
            if (o->loose[l] && part_begins(all->at[l].folded, &kind) && kind <= PART_COUNTY)
                warn(mem, &document->warnings, all->at[l].no, UNITS_UNREAD);
}

void items_read(arena *mem, const lines *all, const outline *o, const rules *r, import_document *document) {
    bool custom_noted = false;
    duty *duties = arena_array(mem, o->n + 1, sizeof(*duties));
    for (size_t i = 0; i < o->n; i++) {
        folded text = outline_join(mem, all, o->at[i].first, o->at[i].last);
        duty_read(mem, &text, o->at[i].mark.n, all->at[o->at[i].last].to, &duties[i]);
    }
    for (size_t i = 0, end; i < o->n; i = end) {
        for (end = i; end < o->n && o->at[end].list == o->at[i].list;)
            end++;
        size_t tasks = document->tasks.n, livelihood = document->livelihood.n;
        walk w = { .mem = mem,
                   .all = all,
                   .outline = o,
                   .rules = r,
                   .document = document,
                   .duties = duties,
                   .title = &o->lists[o->at[i].list],
                   .custom_noted = &custom_noted,
                   .from = i,
                   .to = end };
        walk_list(&w);
        make_unique(&document->tasks, tasks);
        make_unique(&document->livelihood, livelihood);
    }
    doubt_loose(mem, all, o, document);
}
