/* What orders change: tasks, legs, things named, and what every effect leaves behind. */
#include <assert.h>
#include <string.h>

#include "domain/calendar.h"
#include "domain/leaf.h"
#include "sim/model_parts.h"

enum { ACKNOWLEDGE_WORKDAYS = 3, ANSWER_WORKDAYS = 5 };

/* ---- traces */

static void write_history(run *r, const model_task *t, const char *action, int32_t about_unit) {
    record *kept = &r->model->record;
    const cast_person *who = r->order->who;
    if (run_errs(r, SABOTAGE_HISTORY_SKIPPED))
        return;
    assert(kept->event_count < RECORD_MAX);
    kept->events[kept->event_count++] = (event_row){
        .task = t->id,
        .version = t->version,
        .time_ms = r->call.now_ms,
        .move = action,
        .user_id = who->user_id,
        .unit_id = who->unit_id,
        .post = (int32_t) who->post,
        .leader_id = t->version == 1 ? 0 : who->leader_id,
        .about_unit = about_unit,
        .state = (int32_t) t->state,
    };
}

static void append_leaf(record *kept, const uint8_t *bytes, size_t size) {
    assert(kept->leaf_count < RECORD_MAX);
    kept->leaves[kept->leaf_count++] = (leaf_row){ bytes, size };
}

static void write_leaf(run *r, model_task *t, uuid key, const char *action) {
    arena *mem = r->model->mem;
    const cast_person *who = r->order->who;
    const leaf entry = {
        .site_id = 1,
        .object_type = "task",
        .object_id = uuid_text(mem, t->id),
        .version = t->version,
        .action = action,
        .user_id = who->user_id + run_errs(r, SABOTAGE_AUDIT_OTHER_PERSON),
        .unit_id = who->unit_id,
        .post = (int32_t) who->post,
        .leader_id = who->leader_id,
        .time_ms = r->call.now_ms,
        .request_id = key,
        .note = r->order->digest ? arena_printf(mem, "sha256:%s", r->order->digest) : "",
    };
    size_t n;
    const uint8_t *body = leaf_body(mem, &entry, &n);
    uint8_t *bytes = arena_alloc(mem, n + SHA256_SIZE);
    memcpy(bytes, body, n);
    if (!run_errs(r, SABOTAGE_CHAIN_BROKEN))
        memcpy(bytes + n, t->leaf_hash, SHA256_SIZE);
    leaf_hash(bytes, n + SHA256_SIZE, t->leaf_hash);
    if (!run_errs(r, SABOTAGE_AUDIT_SKIPPED))
        append_leaf(&r->model->record, bytes, n + SHA256_SIZE);
    if (run_errs(r, SABOTAGE_AUDIT_DOUBLED))
        append_leaf(&r->model->record, bytes, n + SHA256_SIZE);
}

void model_write(run *r, model_task *t, uuid key, const char *action, int32_t about_unit) {
    write_history(r, t, action, about_unit);
    write_leaf(r, t, key, action);
}

/* ---- legs */

static void add_members(run *r, const int32_t *units, size_t n, int32_t role) {
    for (size_t i = 0; i < n; i++)
        if (units[i] && !leg_of_unit(r->task, units[i]))
            model_add_leg(r, r->task, units[i], role);
}

static void expand_collectives(run *r) {
    for (model_leg *l = r->task->legs; l; l = l->next) {
        if (!l->is_collective || l->state == LEG_RELEASED)
            continue;
        l->state = LEG_RELEASED;
        if (l->is_waived)
            continue;
        add_members(r, cast_unit_of(l->unit_id)->members, UNITS_MAX, l->role);
        add_members(r, l->named.ids, l->named.n, l->role);
    }
    for (model_leg *l = r->task->legs; l; l = l->next)
        l->acknowledge_by = workday_after(r->today, ACKNOWLEDGE_WORKDAYS);
}

static void take_over(run *r, model_leg *own) {
    model_leg *old = own->replaces ? leg_of_unit(r->task, own->replaces) : NULL;
    if (old)
        old->state = LEG_RELEASED;
    own->replaces = 0;
    if (own->role == ROLE_LEAD)
        r->task->lead = own->unit_id;
}

static void add_replacement(run *r) {
    model_leg *old = leg_of_unit(r->task, r->order->other_unit);
    model_leg *l = model_add_leg(r, r->task, r->order->new_unit, old->role);
    l->acknowledge_by = workday_after(r->today, ACKNOWLEDGE_WORKDAYS);
    l->replaces = old->replaces ? old->replaces : old->unit_id;
    if (old->replaces)
        old->state = LEG_RELEASED;
}

/* Answers to a closing text that no longer counts. */
static void void_answers(run *r) {
    for (model_leg *l = r->task->legs; l; l = l->next) {
        if (l->state == LEG_COUNTERSIGNED || l->state == LEG_DISSENT || l->state == LEG_DONE)
            l->state = LEG_SUBMITTED;
        l->is_overruled = false;
    }
}

static bool is_named(const order *o, int32_t unit_id) {
    for (size_t i = 0; i < o->unit_count; i++)
        if (o->units[i] == unit_id)
            return true;
    return false;
}

static void return_legs(run *r) {
    void_answers(r);
    for (model_leg *l = r->task->legs; l; l = l->next) {
        bool works_again = l->role == ROLE_LEAD ? !run_errs(r, SABOTAGE_LEG_STUCK) : is_named(r->order, l->unit_id);
        if (leg_stands(l) && l->state != LEG_PENDING && works_again)
            l->state = LEG_WORKING;
    }
}

/* Whoever never acknowledged has done nothing. */
static void end_legs(run *r, leg_state state) {
    for (model_leg *l = r->task->legs; l; l = l->next)
        if (leg_stands(l))
            l->state = l->state == LEG_PENDING ? LEG_RELEASED : state;
}

static void change_legs(run *r, model_leg *about) {
    if (about && r->row->leg_next)
        about->state = r->row->leg_next;
    switch (r->row->legs) {
    case LEGS_KEEP:
        break;
    case LEGS_EXPAND:
        expand_collectives(r);
        break;
    case LEGS_TAKE_OVER:
        take_over(r, about);
        break;
    case LEGS_ADD:
        add_replacement(r);
        break;
    case LEGS_VOID:
        void_answers(r);
        break;
    case LEGS_OVERRULE:
        about->is_overruled = true;
        break;
    case LEGS_RETURN:
        return_legs(r);
        break;
    case LEGS_DONE:
        if (r->task->state == TASK_CLOSED)
            end_legs(r, LEG_DONE);
        break;
    case LEGS_RELEASE:
        end_legs(r, LEG_RELEASED);
        break;
    }
}

/* ---- the things named */

/* Nobody named: the collective stands for nobody. */
static void name_members(run *r) {
    model_leg *l = leg_of_unit(r->task, r->order->other_unit);
    l->is_waived |= !r->order->unit_count;
    for (size_t i = 0; i < r->order->unit_count; i++)
        if (!id_set_has(&l->named, r->order->units[i]))
            id_set_add(&l->named, r->order->units[i]);
}

static void break_down(run *r) {
    for (size_t i = 0; i < r->order->draft_count; i++) {
        uuid id = draft_id(r->key, i), key = r->key;
        memcpy(key.b + 6, uuid_derive(r->key, uuid_text(r->model->mem, id)).b + 6, UUID_SIZE - 6);
        model_create(r, &r->order->drafts[i], id, key, r->task);
    }
}

static void move_milestone(run *r) {
    static const int32_t after[MOVE_COUNT] = {
        [MOVE_REPORT_MILESTONE] = MILESTONE_REPORTED,
        [MOVE_APPROVE_MILESTONE] = MILESTONE_APPROVED,
        [MOVE_CONFIRM_MILESTONE] = MILESTONE_CONFIRMED,
        [MOVE_WAIVE_MILESTONE] = MILESTONE_WAIVED,
    };
    model_milestone *m = &r->task->milestones[r->order->number - 1];
    m->state = after[r->order->move];
    m->moved_by = r->order->who->user_id;
}

/* Effects that only one move has. */
static void change_items(run *r, model_leg *about) {
    if (r->row->about >= ABOUT_MILESTONE_LEFT)
        move_milestone(r);
    if (r->row->about == ABOUT_CHILD)
        model_task_of(r->model, r->order->item)->is_waived = true;
    if (r->row->about == ABOUT_CLAUSE)
        r->task->clauses[r->order->number - 1].is_waived = true;
    if (r->order->move == MOVE_NAME_MEMBERS)
        name_members(r);
    if (r->order->move == MOVE_URGE)
        about->urged_ms = r->call.now_ms;
    if (r->order->move == MOVE_DISSENT) {
        about->opinion = r->order->note;
        about->is_overruled = false;
    }
    if (r->order->move == MOVE_UPHOLD || r->order->move == MOVE_OVERRULE)
        about->ruling = r->order->note;
}

/* ---- applications */

static void write_application(run *r) {
    const order *o = r->order;
    model_application *a = arena_alloc(r->model->mem, sizeof(*a));
    *a = (model_application){
        .next = r->task->applications,
        .id = r->key,
        .kind = r->about,
        .state = APPLICATION_OPEN,
        .unit_id = o->who->unit_id,
        .writer = o->who->user_id,
        .day = o->day,
        .other_unit = o->other_unit,
        .result = o->result,
    };
    r->task->applications = a;
}

/* What was asked for takes effect with the grant. */
static void decide_application(run *r) {
    model_application *a = model_asked(r);
    a->state = r->row->application;
    if (a->state != APPLICATION_GRANTED)
        return;
    if (a->kind == ABOUT_EXTENSION)
        r->task->deadline = r->order->day ? r->order->day : a->day;
    if (a->kind == ABOUT_ADJUSTMENT)
        r->task->result = a->result;
    if (a->kind == ABOUT_SUSPENSION)
        r->task->review_day = a->day;
}

static void change_applications(run *r) {
    if (r->row->application == APPLICATION_OPEN)
        write_application(r);
    else if (r->row->application)
        decide_application(r);
}

/* ---- closing texts */

static void write_closure(run *r) {
    model_closure *k = arena_alloc(r->model->mem, sizeof(*k));
    *k = (model_closure){
        .next = r->task->closures,
        .no = r->task->closures ? r->task->closures->no + 1 : 1,
        .writer = r->order->who->user_id,
        .state = CLOSURE_WRITTEN,
        .result_class = "",
    };
    r->task->closures = k;
    r->task->answer_by = workday_after(r->today, ANSWER_WORKDAYS);
}

/* Who answers for the closing text: a text that went back is verified and signed anew. */
static void change_signatures(run *r) {
    model_task *t = r->task;
    closure_state closure = r->row->closure;
    if (closure == CLOSURE_VERIFIED)
        id_set_add(&t->verifiers, r->order->who->user_id);
    if (closure == CLOSURE_CLOSED) {
        id_set_add(&t->signed_leaders, r->order->who->leader_id);
        t->closing_verifiers = t->verifiers;
    }
    if (closure == CLOSURE_SIGNED || closure == CLOSURE_RETURNED || closure == CLOSURE_WITHDRAWN ||
        r->order->move == MOVE_REOPEN)
        t->verifiers = t->signed_leaders = (id_set){ 0 };
    /* Without a text there is nothing to answer. */
    if (closure == CLOSURE_RETURNED || closure == CLOSURE_WITHDRAWN || r->order->move == MOVE_REOPEN)
        t->answer_by = 0;
}

static void change_closure(run *r, bool is_complete) {
    if (r->row->closure == CLOSURE_WRITTEN)
        write_closure(r);
    change_signatures(r);
    if (r->row->closure <= CLOSURE_WRITTEN || !is_complete || !r->task->closures)
        return;
    r->task->closures->state = r->row->closure;
    if (r->row->closure == CLOSURE_VERIFIED)
        r->task->closures->result_class = r->order->result;
}

/* ---- the move */

/* The deadline moves on by the workdays of the pause. */
static void resume(run *r) {
    model_task *t = r->task;
    if (t->deadline)
        t->deadline = workday_after(t->deadline, workdays_between(t->suspended_on, r->today));
}

static void change_state(run *r, task_state state) {
    model_task *t = r->task;
    if (r->order->move == MOVE_RESUME)
        resume(r);
    if (state == TASK_SUSPENDED && t->state != TASK_SUSPENDED) {
        t->suspended_on = r->today;
        t->review_day = r->order->day;
    }
    if (state != TASK_SUSPENDED)
        t->suspended_on = t->review_day = 0;
    if (r->order->move == MOVE_ISSUE)
        t->issuer = r->order->who->user_id;
    t->state = state;
}

static void tell(run *r, bool is_new_state) {
    record *kept = &r->model->record;
    bool changes = is_new_state || r->row->legs || r->row->leg_next || model_corrects(r->order->move);
    if (!changes || run_errs(r, SABOTAGE_EVENT_FORGOTTEN))
        return;
    assert(kept->change_count < RECORD_MAX);
    kept->changes[kept->change_count++] = (change_row){ r->task->id, r->key };
}

void model_move(run *r) {
    model_task *t = r->task;
    const move_row *row = r->row;
    int32_t leg_unit = row->leg == LEG_OF_OWN     ? r->order->who->unit_id
                       : row->leg == LEG_OF_OTHER ? r->order->other_unit
                                                  : 0;
    model_leg *about = leg_unit ? leg_of_unit(t, leg_unit) : NULL;
    bool is_complete = (r->facts.facts & row->next_if) == row->next_if;
    task_state before = t->state;
    if (model_corrects(r->order->move) && !model_correct(r))
        return;
    t->version += 1 + run_errs(r, SABOTAGE_VERSION_SKIPPED);
    change_state(r, row->next && is_complete ? row->next : t->state);
    change_applications(r);
    change_legs(r, about);
    change_items(r, about);
    change_closure(r, is_complete);
    model_write(r, t, r->key, row->name, leg_unit);
    if (r->order->move == MOVE_SPLIT_LEG)
        break_down(r);
    tell(r, t->state != before);
}
