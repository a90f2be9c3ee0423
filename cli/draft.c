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
static void add_unit(app *a, Bh__Draft *draft, int32_t id, bool is_county) {
    if (!id || id == draft->lead_unit_id || has_number(draft->co_unit_ids, draft->n_co_unit_ids, id) ||
        has_number(draft->county_unit_ids, draft->n_county_unit_ids, id))
        return;
    if (is_county)
        fill_add_number(a, &draft->county_unit_ids, &draft->n_county_unit_ids, id);
    else
        fill_add_number(a, &draft->co_unit_ids, &draft->n_co_unit_ids, id);
}

static void add_units(app *a, Bh__Draft *draft, const printed_names *units, const import_names *printed,
                      bool is_county) {
    for (size_t i = 0; i < printed->n; i++)
        add_unit(a, draft, printed_id(units, printed->at[i]), is_county);
}

static void add_leader(app *a, Bh__Draft *draft, int32_t id) {
    if (id && !has_number(draft->leader_ids, draft->n_leader_ids, id))
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
    add_leader(a, draft, printed_id(&in->leaders, item->leader));
    add_units(a, draft, &in->units, &item->co, false);
    add_units(a, draft, &in->units, &item->counties, true);
    add_units(a, draft, &in->units, &in->document.co_all, true);
    *ret_draft = draft;
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

static bool is_same_target(const Bh__Target *a, const Bh__Target *b) {
    return strcmp(a->task_id, b->task_id) == 0 && strcmp(a->metric, b->metric) == 0 && a->comparator == b->comparator &&
           strcmp(a->number, b->number) == 0 && strcmp(a->unit, b->unit) == 0;
}

/* Takes the last target back when one before it, from an earlier item of the same task, is equal. */
static void drop_repeated(Bh__ImportTargetsRequest *request, size_t earlier) {
    const Bh__Target *last = request->targets[request->n_targets - 1];
    for (size_t i = 0; i < earlier; i++)
        if (is_same_target(request->targets[i], last)) {
            request->n_targets--;
            return;
        }
}

/* Of an item printed again only the targets that its task has not yet. */
static void add_targets(app *a, const intake *in, const import_item *item, size_t position, bool is_again,
                        Bh__ImportTargetsRequest *request) {
    size_t earlier = is_again ? request->n_targets : 0;
    for (size_t i = 0; i < item->targets_n; i++) {
        const import_target *from = &item->targets[i];
        Bh__Target *target = next_target(a, request, item->first_line, item->last_line);
        target->task_id = task_id_at(a, in, position);
        target->metric = copy(a, *from->metric ? from->metric : from->phrase);
        target->comparator = comparator_of(from->comparator);
        target->number = copy(a, from->number);
        target->unit = copy(a, from->unit);
        target->phrase = copy(a, from->phrase);
        drop_repeated(request, earlier);
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

/* The drafts being made of one list. */
typedef struct maker {
    const intake *in;
    draft_set *set;
    const import_list *list;
    const char *prefix;
    bool is_livelihood;
    size_t *positions; /* of the items' drafts; beside list->at */
} maker;

/* The same words are the same work when one unit leads it to one day. */
static bool is_same_work(const Bh__Draft *draft, const Bh__Draft *again) {
    return draft->lead_unit_id == again->lead_unit_id && strcmp(draft->deadline, again->deadline) == 0;
}

/* Two leaders list one task; a livelihood item may be listed twice by one. */
static bool is_listed_twice(const maker *m, const Bh__Draft *draft, const Bh__Draft *again) {
    if (m->is_livelihood)
        return true;
    return draft->n_leader_ids && again->n_leader_ids &&
           !has_number(draft->leader_ids, draft->n_leader_ids, again->leader_ids[0]);
}

static bool has_signature_left(const Bh__Draft *draft, const Bh__Draft *again) {
    return draft->n_leader_ids < LEADERS_MAX || !again->n_leader_ids ||
           has_number(draft->leader_ids, draft->n_leader_ids, again->leader_ids[0]);
}

static void add_twin(const maker *m, const import_item *first, const import_item *again, bool is_joined) {
    m->set->twins[m->set->twins_n++] =
        (draft_twin){ .prefix = m->prefix, .first = first, .again = again, .is_joined = is_joined };
    m->set->joined_n += is_joined;
}

/* The earlier item whose task the item is, or NULL; what stays apart only for want of a signature is told too. */
static const import_item *find_twin(const maker *m, const import_item *item, const Bh__Draft *again) {
    const import_item *full = NULL;
    for (size_t i = 0, k = 0; &m->list->at[i] < item && k < item->same_as.n; i++) {
        const import_item *other = &m->list->at[i];
        const Bh__Draft *draft = m->set->tasks->drafts[m->positions[i]];
        if (strcmp(other->no, item->same_as.at[k]) != 0)
            continue;
        k++;
        if (!is_same_work(draft, again) || !is_listed_twice(m, draft, again))
            continue;
        if (has_signature_left(draft, again)) {
            add_twin(m, other, item, true);
            return other;
        }
        full = full ? full : other;
    }
    if (full)
        add_twin(m, full, item, false);
    return NULL;
}

static void add_place(app *a, const Bh__Draft *again, Bh__Draft *draft) {
    Bh__Place *place = arena_alloc(a->call->mem, sizeof(*place));
    bh__place__init(place);
    place->no = again->no;
    place->first_line = again->first_line;
    place->last_line = again->last_line;
    fill_add_message(a, (ProtobufCMessage ***) &draft->also_at, &draft->n_also_at, &place->base);
}

/* The same work printed again: its leader signs too, its units take part, and the task knows that place too. */
static void join_draft(app *a, const Bh__Draft *again, Bh__Draft *draft) {
    add_place(a, again, draft);
    for (size_t i = 0; i < again->n_leader_ids; i++)
        add_leader(a, draft, again->leader_ids[i]);
    for (size_t i = 0; i < again->n_co_unit_ids; i++)
        add_unit(a, draft, again->co_unit_ids[i], false);
    for (size_t i = 0; i < again->n_county_unit_ids; i++)
        add_unit(a, draft, again->county_unit_ids[i], true);
}

static bh_err *add_item(app *a, const maker *m, size_t i) {
    Bh__ImportTasksRequest *tasks = m->set->tasks;
    const import_item *item = &m->list->at[i], *twin;
    Bh__Draft *draft;
    TRY(make_draft(a, m->in, m->prefix, item, &draft));
    twin = find_twin(m, item, draft);
    m->positions[i] = twin ? m->positions[twin - m->list->at] : tasks->n_drafts;
    if (twin)
        join_draft(a, draft, tasks->drafts[m->positions[i]]);
    else
        tasks->drafts[tasks->n_drafts++] = draft;
    add_targets(a, m->in, item, m->positions[i], twin != NULL, m->set->targets);
    return NULL;
}

static bh_err *add_list(app *a, const intake *in, const import_list *list, bool is_livelihood, draft_set *set) {
    const maker m = {
        .in = in,
        .set = set,
        .list = list,
        .prefix = is_livelihood ? "M" : "",
        .is_livelihood = is_livelihood,
        .positions = arena_array(a->call->mem, list->n, sizeof(*m.positions)),
    };
    for (size_t i = 0; i < list->n; i++)
        TRY(add_item(a, &m, i));
    set->items_n += list->n;
    return NULL;
}

static void begin_set(app *a, const intake *in, draft_set *set) {
    const import_document *document = &in->document;
    size_t items = document->tasks.n + document->livelihood.n;
    arena *mem = a->call->mem;
    set->tasks->import_id = set->targets->import_id = uuid_text(mem, in->import_id);
    set->tasks->round = set->targets->round = in->round;
    set->tasks->document_number = copy(a, document->number);
    set->tasks->document_title = copy(a, document->title);
    set->tasks->document_digest = set->targets->document_digest = copy(a, in->digest);
    set->tasks->drafts = arena_array(mem, items, sizeof(*set->tasks->drafts));
    set->targets->targets = arena_array(mem, targets_at_most(document), sizeof(*set->targets->targets));
    set->twins = arena_array(mem, items, sizeof(*set->twins));
}

bh_err *draft_build(app *a, const intake *in, draft_set *set) {
    const import_document *document = &in->document;
    printed_names regions;
    begin_set(a, in, set);
    TRY(add_list(a, in, &document->tasks, false, set));
    TRY(add_list(a, in, &document->livelihood, true, set));
    TRY(resolve_regions(a, &document->matrix, &regions));
    for (size_t i = 0; i < document->matrix.n; i++)
        add_row(a, &document->matrix.at[i], &regions, set->targets);
    set->tasks->target_count = (int32_t) set->targets->n_targets;
    return NULL;
}
