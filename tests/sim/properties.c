#include "sim/properties.h"

#include <string.h>

#include "domain/calendar.h"
#include "domain/leaf.h"

enum { DAY_MS = 24 * 3600 * 1000, ACKNOWLEDGE_WORKDAYS = 3, KEY_DAYS = 29 };

typedef struct check {
    arena *mem;
    const journal *journal;
    const record *record;
} check;

static bool same(uuid a, uuid b) {
    return memcmp(&a, &b, sizeof(a)) == 0;
}

#define BROKEN(c, id, ...) \
    arena_printf((c)->mem, "%s: %s", uuid_text((c)->mem, (id)), arena_printf((c)->mem, __VA_ARGS__))

/* ---- finding things again */

static const event_row *event_of(const record *r, uuid task, int32_t version) {
    for (size_t i = 0; i < r->event_count; i++)
        if (r->events[i].version == version && same(r->events[i].task, task))
            return &r->events[i];
    return NULL;
}

/* The key under which an order is kept: that of a bulk command is its task's. */
static uuid kept_key(arena *mem, const order *o) {
    uuid key = o->key;
    if (o->move == MOVE_SET)
        memcpy(key.b + 6, uuid_derive(o->key, uuid_text(mem, o->task)).b + 6, UUID_SIZE - 6);
    return key;
}

static size_t count_keys(const record *r, uuid key, const key_row **ret_row) {
    size_t n = 0;
    for (size_t i = 0; i < r->key_count; i++)
        if (same(r->keys[i].key, key)) {
            *ret_row = &r->keys[i];
            n++;
        }
    return n;
}

/* ---- acknowledged: exactly once; unknown: not at all or once */

static const char *check_acknowledged(const check *c, const execution *x) {
    const order *o = x->order;
    const key_row *kept = NULL;
    if (count_keys(c->record, kept_key(c->mem, o), &kept) != 1)
        return BROKEN(c, o->key, "acknowledged, but its request id is not kept once");
    bool is_unchanged = (o->move == MOVE_REVISE || o->move == MOVE_SET) && x->answer.version == o->version;
    if (o->move && !is_unchanged && x->answer.version != o->version + 1)
        return BROKEN(c, o->key, "accepted on another version than the client saw");
    if (kept->version != x->answer.version || kept->state != x->answer.state)
        return BROKEN(c, o->key, "acknowledged with another answer than the one that is kept");
    if (is_unchanged)
        return NULL;
    const event_row *e = event_of(c->record, kept->task, kept->version);
    if (!e || strcmp(e->move, o->move ? move_of(o->move)->name : "CREATE") != 0 || e->user_id != o->who->user_id)
        return BROKEN(c, o->key, "acknowledged, but its effect is not in the history");
    return NULL;
}

static const char *check_once(const check *c, const order *o) {
    const key_row *unused;
    if (count_keys(c->record, kept_key(c->mem, o), &unused) > 1)
        return BROKEN(c, o->key, "the request id is kept twice");
    return NULL;
}

/* ---- one request id, one command, in its time */

static const char *check_pair(const check *c, const execution *a, const execution *b) {
    if (!same(kept_key(c->mem, a->order), kept_key(c->mem, b->order)) || !answer_is_ok(&a->answer) ||
        !answer_is_ok(&b->answer))
        return NULL;
    if (strcmp(order_text(c->mem, a->order), order_text(c->mem, b->order)) != 0)
        return BROKEN(c, a->order->key, "two commands were accepted under one request id");
    if (a->answer.version != b->answer.version || a->answer.state != b->answer.state)
        return BROKEN(c, a->order->key, "a repeated command got another answer");
    return NULL;
}

static const char *check_age(const check *c, const execution *x) {
    bool is_old = x->now_ms - uuid_ms(x->order->key) > (int64_t) KEY_DAYS * DAY_MS;
    return is_old && answer_is_ok(&x->answer) ? BROKEN(c, x->order->key, "an old request id was executed") : NULL;
}

static const char *check_executions(const check *c) {
    const journal *j = c->journal;
    const char *broken = NULL;
    for (size_t i = 0; i < j->n && !broken; i++) {
        const execution *x = &j->rows[i];
        broken = check_once(c, x->order);
        if (!broken && x->was_told && answer_is_ok(&x->answer))
            broken = check_acknowledged(c, x);
        if (!broken)
            broken = check_age(c, x);
        for (size_t k = i + 1; k < j->n && !broken; k++)
            broken = same(x->order->key, j->rows[k].order->key) ? check_pair(c, x, &j->rows[k]) : NULL;
    }
    return broken;
}

/* ---- versions and moves */

/* From which state by which post to which state, as the table of moves has it. */
static const char *check_move(const check *c, const event_row *before, const event_row *e) {
    for (int m = 1; m < MOVE_COUNT; m++) {
        const move_row *row = move_of((task_move) m);
        if (strcmp(row->name, e->move) != 0)
            continue;
        if (!(row->states >> before->state & 1))
            return BROKEN(c, e->task, "version %d: %s from the state %d", (int) e->version, e->move,
                          (int) before->state);
        if (!(row->posts >> e->post & 1))
            return BROKEN(c, e->task, "version %d: %s by the post %d", (int) e->version, e->move, (int) e->post);
        if (e->state != before->state && e->state != (int32_t) row->next)
            return BROKEN(c, e->task, "version %d: %s to the state %d", (int) e->version, e->move, (int) e->state);
        return NULL;
    }
    return BROKEN(c, e->task, "version %d: there is no move %s", (int) e->version, e->move);
}

static const char *check_versions(const check *c, const task_row *t) {
    size_t n = 0;
    for (size_t i = 0; i < c->record->event_count; i++)
        n += same(c->record->events[i].task, t->id);
    if (n != (size_t) t->version)
        return BROKEN(c, t->id, "version %d with %zu lines of history", (int) t->version, n);
    const event_row *before = NULL;
    for (int32_t v = 1; v <= t->version; v++) {
        const event_row *e = event_of(c->record, t->id, v);
        if (!e || (before && e->time_ms < before->time_ms))
            return BROKEN(c, t->id, "version %d is missing or out of order", (int) v);
        const char *broken = before ? check_move(c, before, e) : NULL;
        if (broken)
            return broken;
        before = e;
    }
    return before->state == t->state ? NULL : BROKEN(c, t->id, "its state is not that of its history");
}

/* ---- one effect, one audit entry; the entries of a task are a chain that ends in the task */

typedef struct chain_end {
    int32_t version;
    uint8_t hash[SHA256_SIZE];
} chain_end;

static const char *check_leaf(const check *c, const task_row *t, const leaf *entry, const uint8_t *previous,
                              const chain_end *end) {
    const event_row *e = event_of(c->record, t->id, entry->version);
    if (entry->version != end->version + 1)
        return BROKEN(c, t->id, "the audit entry %d follows %d", (int) entry->version, (int) end->version);
    if (memcmp(previous, end->hash, SHA256_SIZE) != 0)
        return BROKEN(c, t->id, "the audit entry %d holds another hash of the one before", (int) entry->version);
    if (!e || strcmp(e->move, entry->action) != 0 || e->user_id != entry->user_id || e->unit_id != entry->unit_id ||
        e->post != entry->post || e->time_ms != entry->time_ms)
        return BROKEN(c, t->id, "the audit entry %d tells another story than the history", (int) entry->version);
    return NULL;
}

static const char *check_chain(const check *c, const task_row *t) {
    chain_end end = { 0 };
    const char *id = uuid_text(c->mem, t->id), *broken = NULL;
    for (size_t i = 0; i < c->record->leaf_count && !broken; i++) {
        leaf entry;
        uint8_t previous[SHA256_SIZE];
        const leaf_row *row = &c->record->leaves[i];
        if (!leaf_parse(c->mem, row->bytes, row->size, &entry, previous))
            return "an audit entry cannot be read";
        if (strcmp(entry.object_id, id) != 0)
            continue;
        broken = check_leaf(c, t, &entry, previous, &end);
        end.version = entry.version;
        leaf_hash(row->bytes, row->size, end.hash);
    }
    if (broken)
        return broken;
    if (end.version != t->version || memcmp(end.hash, t->leaf_hash, SHA256_SIZE) != 0)
        return BROKEN(c, t->id, "its audit entries end before it does");
    return NULL;
}

/* ---- whoever follows tasks hears of every change of state */

/* A correction that changed nothing is kept with the version it found, which is another command's. */
static bool is_told_by_another(const check *c, const key_row *key) {
    for (size_t i = 0; i < c->record->change_count; i++) {
        const key_row *other = NULL;
        count_keys(c->record, c->record->changes[i].key, &other);
        if (other && other->version == key->version && same(other->task, key->task))
            return true;
    }
    return false;
}

static const char *check_told(const check *c, const key_row *key) {
    const event_row *e = event_of(c->record, key->task, key->version);
    const event_row *before = event_of(c->record, key->task, key->version - 1);
    bool is_told = !before || e->state == before->state;
    for (size_t i = 0; i < c->record->change_count; i++)
        is_told |= same(c->record->changes[i].key, key->key);
    return is_told || is_told_by_another(c, key)
               ? NULL
               : BROKEN(c, key->task, "nobody is told of version %d", (int) key->version);
}

/* ---- who did what, from the history alone */

#define M(name) (UINT64_C(1) << MOVE_##name)

static uint64_t move_bit(const event_row *e) {
    for (int m = 1; m < MOVE_COUNT; m++)
        if (strcmp(e->move, move_of((task_move) m)->name) == 0)
            return UINT64_C(1) << m;
    return 0;
}

/* The newest of these moves of the same task before `until` and after the version `after`; NULL = none. A unit or a
 * person other than 0 must be that of the move. */
static const event_row *latest(const check *c, const event_row *until, int32_t after, uint64_t moves, int32_t unit_id,
                               int32_t user_id) {
    for (int32_t v = until->version - 1; v > after; v--) {
        const event_row *e = event_of(c->record, until->task, v);
        if ((move_bit(e) & moves) && (!unit_id || e->about_unit == unit_id) && (!user_id || e->user_id == user_id))
            return e;
    }
    return NULL;
}

static int32_t version_of(const event_row *e) {
    return e ? e->version : 0;
}

/* ---- limits of time */

static const char *check_limits(const check *c, const event_row *e) {
    uint64_t move = move_bit(e);
    const event_row *urged = move == M(URGE) ? latest(c, e, 0, M(URGE), e->about_unit, 0) : NULL;
    if (urged && e->time_ms - urged->time_ms < DAY_MS && !latest(c, e, urged->version, M(REASSIGN), 0, 0))
        return BROKEN(c, e->task, "version %d: urged twice in a day", (int) e->version);
    if (move != M(APPLY_RETURN))
        return NULL;
    const event_row *handed_out = latest(c, e, 0, M(ISSUE) | M(REASSIGN), 0, 0);
    if (day_at(e->time_ms) > workday_after(day_at(handed_out->time_ms), ACKNOWLEDGE_WORKDAYS))
        return BROKEN(c, e->task, "version %d: returned after the limit", (int) e->version);
    return NULL;
}

/* ---- no two hats */

typedef struct separation {
    uint64_t move, never_after;
    const char *what;
} separation;

static const char *check_person(const check *c, const event_row *e) {
    const uint64_t drafting = M(SUBMIT) | M(REVISE) | M(SET);
    const uint64_t work = M(ACKNOWLEDGE) | M(SUBMIT_LEG) | M(REQUEST_CLOSURE) | M(SIGN_CLOSURE) | M(COUNTERSIGN) |
                          M(DISSENT) | M(SPLIT_LEG);
    const separation rules[] = {
        { M(ISSUE), drafting, "issued by who drafted it" },
        { M(VERIFY), drafting | work | M(ISSUE), "verified by who took part" },
        { M(SIGN_OFF), drafting | work, "signed off by who took part" },
    };
    for (size_t i = 0; i < countof(rules); i++)
        if (move_bit(e) == rules[i].move && latest(c, e, 0, rules[i].never_after, 0, e->user_id))
            return BROKEN(c, e->task, "version %d: %s", (int) e->version, rules[i].what);
    return NULL;
}

/* Each step of a closure is another person's than the one before; verification begins anew where a leader sends it
 * back. */
static const char *check_steps(const check *c, const event_row *e) {
    const uint64_t move = move_bit(e);
    const event_row *written = latest(c, e, 0, M(REQUEST_CLOSURE), 0, 0),
                    *begun = latest(c, e, 0, M(SIGN_CLOSURE) | M(REFUSE_TO_OFFICE), 0, 0);
    if (move == M(SIGN_CLOSURE) && written && written->user_id == e->user_id)
        return BROKEN(c, e->task, "version %d: signed by its writer", (int) e->version);
    if (move == M(REOPEN) && latest(c, e, version_of(begun), M(VERIFY), 0, e->user_id))
        return BROKEN(c, e->task, "version %d: reopened by who verified it", (int) e->version);
    if (move == M(WITHDRAW_CLOSURE) && latest(c, e, version_of(begun), M(VERIFY), 0, 0))
        return BROKEN(c, e->task, "version %d: withdrawn from its verifiers", (int) e->version);
    return NULL;
}

/* ---- closed only with every signature */

/* Every co-unit that submitted its part answered this text, or was let go by name. */
static const char *check_co_units(const check *c, const event_row *written, const event_row *closing) {
    const uint64_t answers = M(COUNTERSIGN) | M(OVERRULE), let_go = M(MARK_ABSENT) | M(REASSIGN);
    for (int32_t v = 1; v < closing->version; v++) {
        const event_row *e = event_of(c->record, closing->task, v);
        if (move_bit(e) == M(SUBMIT_LEG) && !latest(c, closing, written->version, answers, e->unit_id, 0) &&
            !latest(c, closing, 0, let_go, e->unit_id, 0))
            return BROKEN(c, e->task, "signed without unit %d", (int) e->unit_id);
    }
    return NULL;
}

/* How many different persons (or leaders) made this move between. */
static size_t count_signers(const check *c, const event_row *until, int32_t after, uint64_t move) {
    id_set seen = { 0 };
    for (int32_t v = after + 1; v <= until->version; v++) {
        const event_row *e = event_of(c->record, until->task, v);
        int32_t who = move == M(SIGN_OFF) ? e->leader_id : e->user_id;
        bool is_new = move_bit(e) == move;
        for (size_t i = 0; i < seen.n; i++)
            is_new &= seen.ids[i] != who;
        if (is_new && seen.n < IDS_MAX)
            seen.ids[seen.n++] = who;
    }
    return seen.n;
}

/* Each signature stands on the one before, and no return came between. */
static const char *check_closed(const check *c, const task_row *t, const event_row *e) {
    const uint64_t returns = M(RETURN) | M(REFUSE_TO_UNITS) | M(REOPEN) | M(WITHDRAW_CLOSURE) | M(UPHOLD);
    const event_row *issued = latest(c, e, 0, M(ISSUE), 0, 0), *written = latest(c, e, 0, M(REQUEST_CLOSURE), 0, 0),
                    *signing = latest(c, e, 0, M(SIGN_CLOSURE), 0, 0), *verified = latest(c, e, 0, M(VERIFY), 0, 0);
    if (!issued || version_of(issued) > version_of(written) || version_of(written) > version_of(signing) ||
        version_of(signing) > version_of(verified) || latest(c, e, version_of(signing), returns, 0, 0))
        return BROKEN(c, e->task, "version %d: closed without all the steps before", (int) e->version);
    int32_t begun = signing->version;
    const event_row *refused = latest(c, e, begun, M(REFUSE_TO_OFFICE), 0, 0);
    begun = refused ? refused->version : begun;
    if (count_signers(c, e, begun, M(VERIFY)) < (t->is_key ? 2 : 1) ||
        count_signers(c, e, begun, M(SIGN_OFF)) < t->leader_count)
        return BROKEN(c, e->task, "version %d: closed with a signature missing", (int) e->version);
    return check_co_units(c, written, signing);
}

/* ---- all */

static const char *check_history(const check *c, const task_row *t) {
    const char *broken = NULL;
    for (int32_t v = 2; v <= t->version && !broken; v++) {
        const event_row *e = event_of(c->record, t->id, v);
        broken = check_limits(c, e);
        if (!broken)
            broken = check_person(c, e);
        if (!broken)
            broken = check_steps(c, e);
        if (!broken && move_bit(e) == M(SIGN_OFF) && e->state == TASK_CLOSED)
            broken = check_closed(c, t, e);
    }
    return broken;
}

const char *property_broken(arena *mem, const journal *j, const record *r) {
    const check c = { mem, j, r };
    const char *broken = NULL;
    for (size_t i = 0; i < r->task_count && !broken; i++) {
        broken = check_versions(&c, &r->tasks[i]);
        if (!broken)
            broken = check_chain(&c, &r->tasks[i]);
    }
    if (!broken)
        broken = check_executions(&c);
    for (size_t i = 0; i < r->key_count && !broken; i++)
        broken = check_told(&c, &r->keys[i]);
    for (size_t i = 0; i < r->task_count && !broken; i++)
        broken = check_history(&c, &r->tasks[i]);
    return broken;
}

const char *property_stuck(arena *mem, const record *r) {
    const check c = { mem, NULL, r };
    for (size_t i = 0; i < r->task_count; i++)
        if (r->tasks[i].state != TASK_CLOSED && r->tasks[i].state != TASK_TERMINATED)
            return BROKEN(&c, r->tasks[i].id, "stuck in the state %d", (int) r->tasks[i].state);
    return NULL;
}

/* Who waits to take over does not lead yet. */
static bool leads(const model_leg *l) {
    return l->role == 1 && l->state != LEG_PENDING && l->state != LEG_RELEASED;
}

const char *property_two_leads(arena *mem, const model_task *tasks) {
    const check c = { mem, NULL, NULL };
    for (const model_task *t = tasks; t; t = t->next)
        for (const model_leg *l = t->legs; l; l = l->next)
            if (leads(l) && l->unit_id != t->lead)
                return BROKEN(&c, t->id, "unit %d leads beside unit %d", (int) l->unit_id, (int) t->lead);
    return NULL;
}
