#include "sim/world.h"

#include <assert.h>
#include <string.h>

#include "domain/calendar.h"
#include "sim/choose.h"
#include "sim/finish.h"

enum {
    CLIENTS = 6,
    ORDERS_MAX = 220,
    ATTEMPTS_MAX = 4,
    PENDING_MAX = 512,
    TIMEOUT_MS = 5000,
    HOUR_MS = 3600 * 1000,
};

/* Faults a seed may have: each seed has a random part of them. */
typedef enum fault {
    FAULT_DROP = 1 << 0,       /* a request is lost */
    FAULT_DUPLICATE = 1 << 1,  /* a request is delivered twice */
    FAULT_DELAY = 1 << 2,      /* a request arrives after what was sent later */
    FAULT_NO_ANSWER = 1 << 3,  /* an answer is lost */
    FAULT_CRASH = 1 << 4,      /* the service dies, with what it has not done or not answered */
    FAULT_CLOCK = 1 << 5,      /* clocks jump forward */
    FAULT_OTHER_WORDS = 1 << 6 /* a client takes a request id for another command */
} fault;

typedef enum event_kind {
    EVENT_THINK,
    EVENT_ARRIVE,
    EVENT_COMMIT,
    EVENT_ANSWER,
    EVENT_TIMEOUT,
    EVENT_CRASH
} event_kind;

typedef struct event {
    int64_t at;
    uint64_t seq; /* ties */
    event_kind kind;
    int client;
    const order *order;
    size_t row; /* of the journal, for an answer */
    unsigned boot;
    int attempt;
} event;

typedef struct client {
    const order *waits_for; /* NULL = idle */
    int attempt;
    uuid last_key;
} client;

typedef struct world {
    arena *mem;
    dice dice;
    unsigned faults;
    model *model;
    journal *journal;
    event pending[PENDING_MAX];
    size_t pending_count;
    uint64_t seq;
    int64_t now;  /* ms of virtual time */
    int64_t skew; /* how far clocks jumped */
    unsigned boot;
    uint32_t orders, steps;
    client clients[CLIENTS];
    sha256_stream trace;
} world;

static int64_t clock_of(const world *w) {
    return w->now + w->skew;
}

static bool happens(world *w, fault what, uint32_t percent) {
    return (w->faults & what) && dice_percent(&w->dice, percent);
}

/* ---- events */

static void plan(world *w, int64_t delay, event e) {
    assert(w->pending_count < PENDING_MAX);
    e.at = w->now + delay;
    e.seq = w->seq++;
    w->pending[w->pending_count++] = e;
}

static bool next_event(world *w, event *ret_event) {
    if (!w->pending_count)
        return false;
    size_t first = 0;
    for (size_t i = 1; i < w->pending_count; i++) {
        const event *a = &w->pending[i], *b = &w->pending[first];
        if (a->at < b->at || (a->at == b->at && a->seq < b->seq))
            first = i;
    }
    *ret_event = w->pending[first];
    w->pending[first] = w->pending[--w->pending_count];
    w->now = ret_event->at;
    return true;
}

static void trace(world *w, const event *e) {
    const char *line = arena_printf(w->mem, "%lld %d %d %d\n", (long long) e->at, (int) e->kind, e->client, e->attempt);
    sha256_update(&w->trace, line, strlen(line));
}

static void trace_row(world *w, const execution *x) {
    const char *line =
        arena_printf(w->mem, "%s %s %s %d %d\n", uuid_text(w->mem, x->order->key), order_text(w->mem, x->order),
                     x->answer.reason, (int) x->answer.version, (int) x->answer.state);
    sha256_update(&w->trace, line, strlen(line));
}

/* ---- clients */

static int64_t any_delay(world *w) {
    return happens(w, FAULT_DELAY, 10) ? 3000 + dice_below(&w->dice, 9000) : 1 + dice_below(&w->dice, 50);
}

static void send(world *w, int who, const order *o) {
    client *c = &w->clients[who];
    c->waits_for = o;
    c->attempt++;
    const event arrive = { .kind = EVENT_ARRIVE, .client = who, .order = o, .attempt = c->attempt };
    if (!happens(w, FAULT_DROP, 8))
        plan(w, any_delay(w), arrive);
    if (happens(w, FAULT_DUPLICATE, 10))
        plan(w, any_delay(w), arrive);
    plan(w, TIMEOUT_MS, (event){ .kind = EVENT_TIMEOUT, .client = who, .order = o, .attempt = c->attempt });
}

static void rest(world *w, int who) {
    w->clients[who].waits_for = NULL;
    plan(w, 100 + dice_below(&w->dice, HOUR_MS), (event){ .kind = EVENT_THINK, .client = who });
}

static void jump(world *w) {
    static const int64_t jumps[] = { HOUR_MS, 26 * HOUR_MS, 5 * 24 * HOUR_MS, 31LL * 24 * HOUR_MS };
    w->skew += jumps[dice_below(&w->dice, countof(jumps))];
}

static void think(world *w, const event *e) {
    client *c = &w->clients[e->client];
    if (w->orders++ >= ORDERS_MAX)
        return;
    if (happens(w, FAULT_CLOCK, 6))
        jump(w);
    const order chosen = choose_order(&w->dice, w->model, clock_of(w));
    order *o = arena_memdup(w->mem, &chosen, sizeof(chosen));
    if (uuid_is_v7(c->last_key) && happens(w, FAULT_OTHER_WORDS, 4))
        o->key = c->last_key;
    c->last_key = o->key;
    c->attempt = 0;
    send(w, e->client, o);
}

static void give_up_or_repeat(world *w, const event *e) {
    const client *c = &w->clients[e->client];
    if (c->waits_for != e->order || c->attempt != e->attempt)
        return;
    /* Some go home first. */
    if (happens(w, FAULT_CLOCK, 5))
        jump(w);
    if (e->attempt < ATTEMPTS_MAX)
        send(w, e->client, e->order);
    else
        rest(w, e->client);
}

static void hear(world *w, const event *e) {
    if (w->clients[e->client].waits_for != e->order)
        return;
    w->journal->rows[e->row].was_told = true;
    rest(w, e->client);
}

/* ---- the service */

static void commit(world *w, const event *e) {
    execution *x = &w->journal->rows[w->journal->n];
    assert(w->journal->n < JOURNAL_MAX);
    *x = (execution){ .order = e->order, .now_ms = clock_of(w) };
    x->answer = model_execute(w->model, e->order, x->now_ms);
    trace_row(w, x);
    if (!happens(w, FAULT_NO_ANSWER, 8))
        plan(w, 1 + dice_below(&w->dice, 20),
             (event){
                 .kind = EVENT_ANSWER, .client = e->client, .order = e->order, .row = w->journal->n, .boot = w->boot });
    w->journal->n++;
}

static void crash(world *w) {
    w->boot++;
    if (w->orders < ORDERS_MAX)
        plan(w, HOUR_MS / 2 + dice_below(&w->dice, HOUR_MS), (event){ .kind = EVENT_CRASH });
}

static void happen(world *w, const event *e) {
    bool is_dead = e->boot != w->boot;
    switch (e->kind) {
    case EVENT_THINK:
        think(w, e);
        break;
    case EVENT_ARRIVE:
        plan(w, 1 + dice_below(&w->dice, 30),
             (event){ .kind = EVENT_COMMIT, .client = e->client, .order = e->order, .boot = w->boot });
        break;
    case EVENT_COMMIT:
        if (!is_dead)
            commit(w, e);
        break;
    case EVENT_ANSWER:
        if (!is_dead)
            hear(w, e);
        break;
    case EVENT_TIMEOUT:
        give_up_or_repeat(w, e);
        break;
    case EVENT_CRASH:
        crash(w);
        break;
    }
}

/* ---- the whole life */

static world *begin(arena *mem, uint64_t seed, sabotage wrong) {
    world *w = arena_alloc(mem, sizeof(*w));
    *w = (world){ .mem = mem, .dice = { seed }, .model = model_new(mem, wrong) };
    w->journal = arena_alloc(mem, sizeof(*w->journal));
    w->faults = dice_below(&w->dice, 2 * FAULT_OTHER_WORDS);
    w->now = ((int64_t) day_of(2025, 3, 3) * 24 + 1) * HOUR_MS;
    sha256_init(&w->trace);
    for (int i = 0; i < CLIENTS; i++)
        rest(w, i);
    if (w->faults & FAULT_CRASH)
        plan(w, HOUR_MS, (event){ .kind = EVENT_CRASH });
    return w;
}

world_result world_run(arena *mem, uint64_t seed, sabotage wrong) {
    world *w = begin(mem, seed, wrong);
    world_result result = { .journal = w->journal, .model = w->model, .begin_ms = w->now };
    event e;
    while (next_event(w, &e)) {
        trace(w, &e);
        w->steps++;
        happen(w, &e);
    }
    result.quiet_at = (uint32_t) w->journal->n;
    result.end_ms = finish_all(mem, &w->dice, w->model, w->journal, clock_of(w));
    for (size_t i = result.quiet_at; i < w->journal->n; i++)
        trace_row(w, &w->journal->rows[i]);
    result.steps = w->steps + (uint32_t) w->journal->n - result.quiet_at;
    sha256_final(&w->trace, result.trace);
    return result;
}
