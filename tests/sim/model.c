#include <assert.h>
#include <string.h>

#include "domain/calendar.h"
#include "sim/model_parts.h"

enum { DAY_MS = 24 * 3600 * 1000, KEY_DAYS = 29, SCRATCH_MAX = 1 << 20 };

/* ---- small things */

bool uuid_same(uuid a, uuid b) {
    return memcmp(&a, &b, sizeof(a)) == 0;
}

bool id_set_has(const id_set *set, int32_t id) {
    for (size_t i = 0; i < set->n; i++)
        if (set->ids[i] == id)
            return true;
    return false;
}

void id_set_add(id_set *set, int32_t id) {
    assert(set->n < IDS_MAX);
    set->ids[set->n++] = id;
}

model_leg *leg_of_unit(const model_task *t, int32_t unit_id) {
    model_leg *l = t->legs;
    while (l && l->unit_id != unit_id)
        l = l->next;
    return l;
}

bool leg_stands(const model_leg *l) {
    return l && l->state != LEG_RELEASED;
}

bool task_is_settled(const model_task *child) {
    return child->is_waived || child->state == TASK_CLOSED || child->state == TASK_ARCHIVED;
}

bool run_errs(const run *r, sabotage what) {
    return r->model->wrong == what && r->order->key.b[UUID_SIZE - 1] % 4 == 0;
}

/* ---- the store */

static void free_scratch(void *scratch) {
    arena_free(scratch);
}

model *model_new(arena *mem, sabotage wrong) {
    model *m = arena_alloc(mem, sizeof(*m));
    m->mem = mem;
    m->scratch = arena_new(SCRATCH_MAX);
    arena_defer(mem, free_scratch, m->scratch);
    m->wrong = wrong;
    return m;
}

model_task *model_tasks(const model *m) {
    return m->tasks;
}

model_task *model_task_of(const model *m, uuid id) {
    model_task *t = m->tasks;
    while (t && !uuid_same(t->id, id))
        t = t->next;
    return t;
}

const record *model_record(model *m) {
    record *r = &m->record;
    r->task_count = 0;
    for (const model_task *t = m->tasks; t; t = t->next) {
        assert(r->task_count < RECORD_MAX);
        task_row *row = &r->tasks[r->task_count++];
        *row = (task_row){
            .id = t->id,
            .version = t->version,
            .state = (int32_t) t->state,
            .leader_count = t->leaders.n,
            .is_key = t->is_key,
        };
        memcpy(row->leaf_hash, t->leaf_hash, sizeof(row->leaf_hash));
    }
    return r;
}

/* ---- what speaks against an order, in the order in which it is found out */

static bh_err *refusal_by_key(run *r) {
    int64_t age_ms = r->call.now_ms - uuid_ms(r->order->key);
    if (age_ms > (int64_t) KEY_DAYS * DAY_MS && !run_errs(r, SABOTAGE_KEY_TOO_OLD))
        return bh_fail(&r->call, REQUEST_ID_TOO_OLD);
    return NULL;
}

/* A decision says of which kind the application is. */
static bh_err *refusal_by_kind(run *r) {
    if (r->order->move == MOVE_REFUSE_APPLICATION && !r->order->about)
        return bh_fail(&r->call, BAD_FIELD, "kind", "it is missing");
    return NULL;
}

/* Beside its reason an application says one thing: a return which unit is right, an extension or a pause a day, an
 * adjustment the new result; a termination says nothing more. */
static bh_err *refusal_by_asked(run *r) {
    const order *o = r->order;
    bool takes_day = o->move == MOVE_APPLY_EXTENSION || o->move == MOVE_APPLY_SUSPENSION;
    bool is_right = (o->other_unit > 0) == (o->move == MOVE_APPLY_RETURN) && (o->day != 0) == takes_day &&
                    (*o->result != 0) == (o->move == MOVE_APPLY_ADJUSTMENT);
    if (r->row->application == APPLICATION_OPEN && !is_right)
        return bh_fail_why(&r->call, BAD_FIELD, "kind", NOT_OF_KIND);
    return NULL;
}

/* Days that are named lie ahead of the day the command was made, whenever it arrives. */
static bh_err *refusal_by_day(run *r) {
    const order *o = r->order;
    int32_t made = day_at(uuid_ms(o->key));
    bool sets_deadline = o->move == MOVE_SET || o->move == MOVE_APPLY_EXTENSION || o->move == MOVE_GRANT_EXTENSION;
    int32_t deadlines[1 + CHILDREN_MAX] = { sets_deadline ? o->day : 0 };
    for (size_t i = 0; i < o->draft_count; i++)
        deadlines[1 + i] = o->drafts[i].deadline;
    for (size_t i = 0; i < countof(deadlines); i++)
        if (deadlines[i] && deadlines[i] < made)
            return bh_fail(&r->call, DEADLINE_PAST, day_text(r->call.mem, deadlines[i]),
                           day_text(r->call.mem, workday_after(made, 0)));
    if ((o->move == MOVE_SUSPEND || o->move == MOVE_APPLY_SUSPENSION) && o->day <= made)
        return bh_fail_why(&r->call, BAD_FIELD, "review_day", NOT_LATER_DAY);
    return NULL;
}

/* A command about one thing must name it: no move is made "about any". */
static bh_err *refusal_by_name(run *r) {
    bool takes_item = r->row->about == ABOUT_CHILD || r->row->application > APPLICATION_OPEN;
    bool takes_number = r->row->about == ABOUT_CLAUSE || r->row->about >= ABOUT_MILESTONE_LEFT;
    if (takes_item && !r->order->has_item)
        return bh_fail_why(&r->call, BAD_FIELD, "item", MISSING);
    if (takes_number && r->order->number <= 0)
        return bh_fail_why(&r->call, BAD_FIELD, "number", MISSING);
    return NULL;
}

static bh_err *refusal_by_text(run *r) {
    bool waives = r->order->move == MOVE_NAME_MEMBERS && !r->order->unit_count;
    if ((waives || r->row->text_needed) && !*r->order->note)
        return bh_fail_why(&r->call, BAD_FIELD, "reason", MISSING);
    return NULL;
}

/* The task must be there for this person, and as the person saw it. */
static bh_err *refusal_by_version(run *r) {
    model_task *t = r->task = model_task_of(r->model, r->order->task);
    if (!t || !model_readable(t, r->order->who))
        return bh_fail(&r->call, NOT_FOUND_OBJECT, uuid_text(r->call.mem, r->order->task));
    if (t->version != r->order->version && !run_errs(r, SABOTAGE_STALE_ACCEPTED))
        return bh_fail(&r->call, STALE_VERSION, uuid_text(r->call.mem, t->id),
                       arena_printf(r->call.mem, "%d", (int) t->version));
    return NULL;
}

static bh_err *refusal_by_rule(run *r) {
    r->facts = model_facts(r);
    post_kind post = r->order->who->post;
    task_facts facts = r->facts;
    if (run_errs(r, SABOTAGE_POST_UNCHECKED))
        post = (post_kind) __builtin_ctz(r->row->posts);
    if (run_errs(r, SABOTAGE_STATE_UNCHECKED))
        facts.state = (task_state) __builtin_ctz(r->row->states);
    return move_refusal(&r->call, r->order->move, post, &facts);
}

static const char *unit_text(const run *r, int32_t unit_id) {
    return arena_printf(r->call.mem, "unit %d (%d)", (int) unit_id, (int) unit_id);
}

/* The unit named right in a return is one unit; a draft gives each unit one part. All other units that are named are
 * drawn from those that fit. */
static bh_err *refusal_by_unit(run *r) {
    const cast_unit *named = cast_unit_of(r->order->other_unit);
    int32_t doubled = model_doubled(r);
    if (doubled)
        return bh_fail(&r->call, UNIT_DOUBLED, unit_text(r, doubled));
    for (size_t i = 0; r->row->legs == LEGS_RETURN && i < r->order->unit_count; i++)
        if (!leg_stands(leg_of_unit(r->task, r->order->units[i])))
            return bh_fail(&r->call, UNIT_WITHOUT_LEG, unit_text(r, r->order->units[i]));
    if (r->order->move != MOVE_APPLY_RETURN || !named || !named->is_collective)
        return NULL;
    return bh_fail(&r->call, NOT_ONE_UNIT, unit_text(r, named->unit_id));
}

static bh_err *refusal_by_post(run *r) {
    if (run_errs(r, SABOTAGE_POST_UNCHECKED))
        return NULL;
    return move_refusal_by_post(&r->call, r->order->move, r->order->who->post);
}

/* What can be said before anything is looked up. */
static bh_err *refusal_before_reading(run *r) {
    TRY(refusal_by_kind(r));
    TRY(refusal_by_asked(r));
    TRY(refusal_by_day(r));
    TRY(refusal_by_key(r));
    if (r->order->move == MOVE_NONE)
        return NULL;
    TRY(refusal_by_name(r));
    TRY(refusal_by_text(r));
    return refusal_by_post(r);
}

static bh_err *refusal_by_task(run *r) {
    if (r->order->move == MOVE_NONE)
        return refusal_by_unit(r);
    TRY(refusal_by_version(r));
    TRY(refusal_by_rule(r));
    return refusal_by_unit(r);
}

/* ---- request ids */

/* A bulk command has a key of its own for each of its tasks; the time stays in front. */
static uuid key_of(arena *mem, const order *o) {
    uuid key = o->key;
    if (o->move == MOVE_SET)
        memcpy(key.b + 6, uuid_derive(o->key, uuid_text(mem, o->task)).b + 6, UUID_SIZE - 6);
    return key;
}

static void fingerprint(const run *r, uint8_t ret_digest[SHA256_SIZE]) {
    const char *text = order_text(r->model->mem, r->order);
    sha256(text, strlen(text), ret_digest);
}

static const key_row *key_known(const run *r) {
    const record *kept = &r->model->record;
    for (size_t i = 0; i < kept->key_count; i++)
        if (uuid_same(kept->keys[i].key, r->key))
            return &kept->keys[i];
    return NULL;
}

static bh_err *repeat(run *r, const key_row *known, answer *ret_answer) {
    uint8_t digest[SHA256_SIZE];
    fingerprint(r, digest);
    if (memcmp(digest, known->fingerprint, sizeof(digest)) != 0 && !run_errs(r, SABOTAGE_KEY_BLIND))
        return bh_fail(&r->call, REQUEST_ID_REUSED, uuid_text(r->model->mem, r->key));
    ret_answer->version = known->version;
    ret_answer->state = known->state;
    return NULL;
}

static void keep_answer(run *r, const answer *a) {
    record *kept = &r->model->record;
    if (run_errs(r, SABOTAGE_KEY_FORGOTTEN))
        return;
    assert(kept->key_count < RECORD_MAX);
    key_row *row = &kept->keys[kept->key_count++];
    *row = (key_row){ .key = r->key, .task = r->task->id, .version = a->version, .state = a->state };
    fingerprint(r, row->fingerprint);
}

/* ---- execution */

static run begin(model *m, arena *mem, const order *o, int64_t now_ms) {
    const move_row *row = move_of(o->move);
    return (run){
        .model = m,
        .order = o,
        .call = { .mem = mem, .now_ms = now_ms },
        .key = key_of(mem, o),
        .row = row,
        .about = o->about ? o->about : row->about,
        .today = day_at(now_ms),
    };
}

static void take_effect(run *r) {
    if (r->order->move == MOVE_NONE)
        model_create(r, &r->order->drafts[0], r->key, r->key, NULL);
    else
        model_move(r);
}

static bh_err *execute(run *r, answer *ret_answer) {
    TRY(refusal_before_reading(r));
    const key_row *known = key_known(r);
    if (known)
        return repeat(r, known, ret_answer);
    TRY(refusal_by_task(r));
    if (run_errs(r, SABOTAGE_ACK_BEFORE_COMMIT) && r->task) {
        *ret_answer = (answer){ .reason = "OK", .version = r->task->version + 1, .state = (int32_t) r->task->state };
        return NULL;
    }
    take_effect(r);
    ret_answer->version = r->task->version;
    ret_answer->state = (int32_t) r->task->state;
    keep_answer(r, ret_answer);
    return NULL;
}

answer model_execute(model *m, const order *o, int64_t now_ms) {
    run r = begin(m, m->mem, o, now_ms);
    answer a = { .reason = "OK", .zh = "" };
    const bh_err *e = execute(&r, &a);
    return e ? (answer){ .reason = e->reason, .zh = e->zh } : a;
}

bool model_allows(model *m, const order *o, int64_t now_ms) {
    arena_reset(m->scratch);
    run r = begin(m, m->scratch, o, now_ms);
    return !refusal_before_reading(&r) && !refusal_by_task(&r);
}
