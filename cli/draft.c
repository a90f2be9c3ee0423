#include "draft.h"

#include <string.h>

#include "base/buf.h"
#include "domain/calendar.h"
#include "domain/task.h"
#include "fill.h"
#include "ref.h"

enum { LEADERS_MAX = 2 };

/* ---- printed */

static bh_err *collect_names(app *a, printed_names *list, const import_names *from) {
    for (size_t i = 0; i < from->n; i++)
        TRY(printed_add(a, list, from->at[i]));
    return NULL;
}

static bh_err *collect_items(app *a, intake *in, const import_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        TRY(printed_add(a, &in->leaders, list->at[i].leader));
        TRY(printed_add(a, &in->units, list->at[i].lead));
        TRY(collect_names(a, &in->units, &list->at[i].co));
        TRY(collect_names(a, &in->units, &list->at[i].counties));
    }
    return NULL;
}

bh_err *draft_collect(app *a, intake *in) {
    printed_init(a, &in->units);
    printed_init(a, &in->leaders);
    TRY(collect_items(a, in, &in->document.tasks));
    TRY(collect_items(a, in, &in->document.livelihood));
    return collect_names(a, &in->units, &in->document.co_all);
}

/* ---- drafts */

static bool has_number(const int32_t *list, size_t n, int32_t number) {
    for (size_t i = 0; i < n; i++)
        if (list[i] == number)
            return true;
    return false;
}

/* A unit takes part once, however often and under whichever of its names it is printed. */
static void add_units(app *a, Bh__Draft *draft, const printed_names *units, const import_names *printed,
                      bool is_county) {
    for (size_t i = 0; i < printed->n; i++) {
        int32_t id = printed_id(units, printed->at[i]);
        if (!id || id == draft->lead_unit_id || has_number(draft->co_unit_ids, draft->n_co_unit_ids, id) ||
            has_number(draft->county_unit_ids, draft->n_county_unit_ids, id))
            continue;
        if (is_county)
            fill_add_number(a, &draft->county_unit_ids, &draft->n_county_unit_ids, id);
        else
            fill_add_number(a, &draft->co_unit_ids, &draft->n_co_unit_ids, id);
    }
}

static void add_leader(app *a, Bh__Draft *draft, const printed_names *leaders, const char *printed) {
    int32_t id = printed_id(leaders, printed);
    if (id && draft->n_leader_ids < LEADERS_MAX && !has_number(draft->leader_ids, draft->n_leader_ids, id))
        fill_add_number(a, &draft->leader_ids, &draft->n_leader_ids, id);
}

/* A limit that falls on a day off ends on the workday before it. */
static char *workday_of(app *a, const char *printed) {
    int32_t day;
    if (!printed || !day_parse(printed, &day))
        return arena_strdup(a->call->mem, "");
    while (!is_workday(day))
        day--;
    return day_text(a->call->mem, day);
}

/* The numbers to be reached are a measurable result. */
static char *result_of(app *a, const import_item *item) {
    buf out;
    buf_init(&out, a->call->mem);
    for (size_t i = 0; i < item->targets_n; i++)
        buf_addf(&out, "%s%s", i ? "；" : "", item->targets[i].phrase);
    return out.s;
}

/* --lead 'NO=UNIT' names the lead where the document has all units equal. */
static bh_err *chosen_lead(app *a, const char *no, int32_t *ret_unit_id) {
    const char *text;
    size_t n = strlen(no);
    for (size_t i = 0; (text = args_nth(&a->args, "lead", i)); i++)
        if (strncmp(text, no, n) == 0 && text[n] == '=')
            return ref_unit(a, text + n + 1, ret_unit_id);
    return NULL;
}

static bh_err *make_draft(app *a, const intake *in, const char *prefix, const import_item *item,
                          Bh__Draft **ret_draft) {
    Bh__Draft *draft = arena_alloc(a->call->mem, sizeof(*draft));
    bh__draft__init(draft);
    draft->no = arena_printf(a->call->mem, "%s%s", prefix, item->no);
    draft->text = arena_strdup(a->call->mem, item->text);
    draft->result = result_of(a, item);
    draft->deadline = workday_of(a, item->deadline);
    draft->first_line = item->first_line;
    draft->last_line = item->last_line;
    draft->lead_unit_id = printed_id(&in->units, item->lead);
    TRY(chosen_lead(a, draft->no, &draft->lead_unit_id));
    add_leader(a, draft, &in->leaders, item->leader);
    add_units(a, draft, &in->units, &item->co, false);
    add_units(a, draft, &in->units, &item->counties, true);
    *ret_draft = draft;
    return NULL;
}

/* The earlier item of the list that is the same work, or NULL. */
static const import_item *same_before(const import_list *list, const import_item *item) {
    for (const import_item *other = list->at; other < item; other++)
        for (size_t i = 0; i < item->same_as.n; i++)
            if (strcmp(other->no, item->same_as.at[i]) == 0)
                return other;
    return NULL;
}

/* ---- targets */

/* What a table leaves out is empty on the wire. */
static char *copy(app *a, const char *printed) {
    return arena_strdup(a->call->mem, printed ? printed : "");
}

static Bh__Comparator comparator_of(const char *printed) {
    static const struct {
        const char *sign;
        Bh__Comparator comparator;
    } rows[] = {
        { ">=", BH__COMPARATOR__COMPARATOR_AT_LEAST }, { ">", BH__COMPARATOR__COMPARATOR_MORE_THAN },
        { "<=", BH__COMPARATOR__COMPARATOR_AT_MOST },  { "<", BH__COMPARATOR__COMPARATOR_LESS_THAN },
        { "~=", BH__COMPARATOR__COMPARATOR_AROUND },   { "=", BH__COMPARATOR__COMPARATOR_EQUAL },
    };
    for (size_t i = 0; i < countof(rows); i++)
        if (strcmp(rows[i].sign, printed) == 0)
            return rows[i].comparator;
    return BH__COMPARATOR__COMPARATOR_UNSPECIFIED;
}

static Bh__Target *next_target(app *a, Bh__ImportTargetsRequest *request, int first_line, int last_line) {
    Bh__Target *target = arena_alloc(a->call->mem, sizeof(*target));
    bh__target__init(target);
    target->first_line = first_line;
    target->last_line = last_line;
    request->targets[request->n_targets++] = target;
    return target;
}

/* The service gives the drafts of an import ids by position; the targets point at them before they exist. */
static char *task_id_at(app *a, const intake *in, size_t position) {
    return uuid_text(a->call->mem, draft_id(in->import_id, position));
}

static void add_targets(app *a, const intake *in, const import_item *item, size_t position,
                        Bh__ImportTargetsRequest *request) {
    for (size_t i = 0; i < item->targets_n; i++) {
        const import_target *from = &item->targets[i];
        Bh__Target *target = next_target(a, request, item->first_line, item->last_line);
        target->task_id = task_id_at(a, in, position);
        target->metric = copy(a, *from->metric ? from->metric : from->phrase);
        target->comparator = comparator_of(from->comparator);
        target->number = copy(a, from->number);
        target->unit = copy(a, from->unit);
        target->phrase = copy(a, from->phrase);
    }
}

static bool is_decimal(const char *text) {
    if (!text)
        return false;
    size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;
    return whole && (!*rest || (*rest == '.' && rest[1] && strspn(rest + 1, "0123456789") == strlen(rest + 1)));
}

static void add_shares(app *a, const import_row *row, const printed_names *regions, Bh__Target *target) {
    target->shares = arena_array(a->call->mem, row->heads.n, sizeof(*target->shares));
    for (size_t i = 0; i < row->heads.n; i++) {
        Bh__Share *share = arena_alloc(a->call->mem, sizeof(*share));
        bh__share__init(share);
        share->region = copy(a, row->heads.at[i]);
        share->unit_id = printed_id(regions, row->heads.at[i]);
        share->number = copy(a, is_decimal(row->values[i]) ? row->values[i] : "");
        target->shares[target->n_shares++] = share;
    }
}

static void add_row(app *a, const import_row *row, const printed_names *regions, Bh__ImportTargetsRequest *request) {
    Bh__Target *target = next_target(a, request, row->first_line, row->last_line);
    target->metric = copy(a, row->item && *row->item ? row->item : row->category);
    target->comparator = BH__COMPARATOR__COMPARATOR_EQUAL;
    target->number = copy(a, is_decimal(row->total) ? row->total : "");
    target->unit = copy(a, row->unit);
    target->phrase = copy(a, row->total);
    target->row_no = copy(a, row->no);
    target->category = copy(a, row->category);
    target->sub_item = copy(a, row->sub_item);
    add_shares(a, row, regions, target);
}

/* Regions of the table's head are units where the directory knows them; a column like "municipal" is none. */
static bh_err *resolve_regions(app *a, const import_rows *matrix, printed_names *ret_regions) {
    printed_init(a, ret_regions);
    for (size_t i = 0; i < matrix->n; i++)
        TRY(collect_names(a, ret_regions, &matrix->at[i].heads));
    return printed_resolve_units(a, ret_regions);
}

/* ---- both */

static size_t targets_at_most(const import_document *document) {
    size_t n = document->matrix.n;
    for (size_t i = 0; i < document->tasks.n; i++)
        n += document->tasks.at[i].targets_n;
    for (size_t i = 0; i < document->livelihood.n; i++)
        n += document->livelihood.at[i].targets_n;
    return n;
}

/* The same work printed again: its leader signs too, its units take part, a second lead as a co-unit. */
static void join_draft(app *a, const intake *in, const import_item *again, Bh__Draft *draft) {
    const char *lead[] = { again->lead };
    const import_names other = { .at = lead, .n = again->lead ? 1 : 0 };
    add_leader(a, draft, &in->leaders, again->leader);
    add_units(a, draft, &in->units, &other, false);
    add_units(a, draft, &in->units, &again->co, false);
    add_units(a, draft, &in->units, &again->counties, true);
}

static bh_err *add_list(app *a, const intake *in, const import_list *list, const char *prefix,
                        Bh__ImportTasksRequest *tasks, Bh__ImportTargetsRequest *targets) {
    Bh__Draft **drafts = arena_array(a->call->mem, list->n, sizeof(*drafts)); /* beside list->at */
    for (size_t i = 0; i < list->n; i++) {
        const import_item *item = &list->at[i], *same = same_before(list, item);
        drafts[i] = same ? drafts[same - list->at] : NULL;
        if (same) {
            join_draft(a, in, item, drafts[i]);
            continue;
        }
        TRY(make_draft(a, in, prefix, item, &drafts[i]));
        add_units(a, drafts[i], &in->units, &in->document.co_all, true);
        add_targets(a, in, item, tasks->n_drafts, targets);
        tasks->drafts[tasks->n_drafts++] = drafts[i];
    }
    return NULL;
}

bh_err *draft_build(app *a, const intake *in, Bh__ImportTasksRequest *tasks, Bh__ImportTargetsRequest *targets) {
    const import_document *document = &in->document;
    printed_names regions;
    arena *mem = a->call->mem;
    tasks->import_id = targets->import_id = uuid_text(mem, in->import_id);
    tasks->document_number = copy(a, document->number);
    tasks->document_title = copy(a, document->title);
    tasks->document_digest = copy(a, in->digest);
    tasks->drafts = arena_array(mem, document->tasks.n + document->livelihood.n, sizeof(*tasks->drafts));
    targets->targets = arena_array(mem, targets_at_most(document), sizeof(*targets->targets));
    TRY(add_list(a, in, &document->tasks, "", tasks, targets));
    TRY(add_list(a, in, &document->livelihood, "M", tasks, targets));
    TRY(resolve_regions(a, &document->matrix, &regions));
    for (size_t i = 0; i < document->matrix.n; i++)
        add_row(a, &document->matrix.at[i], &regions, targets);
    tasks->target_count = (int32_t) targets->n_targets;
    return NULL;
}
