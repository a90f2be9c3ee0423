/* Commands of one kind that wait at the same moment travel as one statement. A thread that finds a connection free, or
 * is chosen when one comes free, is the leader: it takes the waiting set, carries it for all and wakes the members.
 *
 * Locking: one mutex guards the list, the filter of objects in flight, `is_busy` of the connections and the fields of
 * the waiters; no call to the server is made under it. A leader owns its connection and, until it opens their latches,
 * the members of its set. A member touches nothing of its own while it sleeps.
 *
 * An object is in at most one set of this process, so that two commands for it never meet in one statement, nor wait
 * for each other's row locks. Against other processes the statements themselves stand guard: they check again after
 * a lock, and leave out the ordinal of a command that came second; it is then run again in a new snapshot. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/latch.h"
#include "base/metric.h"
#include "pg/pool.h"

enum {
    SET_BYTES_MAX = 1 << 20, /* of arguments; a larger command travels alone */
    SLOTS = 1 << 16,         /* of the filter of objects in flight */
    SLOT_NONE = SLOTS,       /* a command without an object meets nobody */
    CONFLICTS_MAX = 5,
    ROUNDS_MAX = 8, /* statements for a command whose object others keep changing */
};

typedef enum waiter_state {
    WAITING, /* in the list; its deadline may still end the wait */
    CHOSEN,  /* must lead: `conn` is reserved for it */
    CARRIED, /* in a set */
} waiter_state;

/* One command; lives on the stack of the thread that sleeps for it. From `state` on guarded by the store's mutex until
 * `wake`. */
typedef struct waiter {
    const pg_prepared *prepared;
    const pg_piece *pieces;
    size_t size;
    uint32_t slot;
    latch wake; /* opened when the command is chosen, or when another has carried it */
    waiter_state state;
    struct waiter *prev;
    struct waiter *next;
    pg_conn *conn;
    pg_answer answer;
    int row;
} waiter;

struct pg_store {
    const pg_options *options;
    pthread_mutex_t mutex;
    pg_conn *conns;
    waiter *first; /* the waiting commands, oldest first */
    waiter *last;
    uint64_t set_count; /* sets that were carried, and the commands in them */
    uint64_t command_count;
    uint8_t in_flight[SLOTS + 1];
};

/* What a leader works with. */
typedef struct set {
    bh_call *call; /* the leader's */
    pg_store *store;
    pg_conn *conn;
    const pg_prepared *prepared;
    waiter *leader;
    waiter **answered; /* members that have their answer and were not yet told */
    size_t answered_count;
} set;

pg_store *store_new(arena *mem, const pg_options *options, const pg_stmt *stmts, size_t n) {
    pg_store *store = arena_alloc(mem, sizeof(*store));
    store->options = options;
    store->conns = arena_array(mem, (size_t) options->connections, sizeof(pg_conn));
    for (int i = 0; i < options->connections; i++)
        store->conns[i] = (pg_conn){ .options = options, .stmts = stmts, .n = n, .is_store = true };
    pthread_mutex_init(&store->mutex, NULL);
    return store;
}

bh_err *store_open(bh_call *call, pg_store *store) {
    for (int i = 0; i < store->options->connections; i++)
        TRY(conn_ready(call, &store->conns[i]));
    return NULL;
}

void store_close(pg_store *store) {
    for (int i = 0; i < store->options->connections; i++)
        conn_close(&store->conns[i]);
    pthread_mutex_destroy(&store->mutex);
}

void store_metrics(pg_store *store, buf *out) {
    pthread_mutex_lock(&store->mutex);
    uint64_t sets = store->set_count, commands = store->command_count, waiting = 0;
    for (const waiter *w = store->first; w; w = w->next)
        waiting++;
    pthread_mutex_unlock(&store->mutex);
    metric_head(out, "bihuan_pg_sets_total", "counter", "Sets of commands that travelled as one statement.");
    metric_sample(out, "bihuan_pg_sets_total", "", sets);
    metric_head(out, "bihuan_pg_commands_total", "counter", "Commands in them.");
    metric_sample(out, "bihuan_pg_commands_total", "", commands);
    metric_head(out, "bihuan_pg_commands_waiting", "gauge", "Commands that wait for their set to leave.");
    metric_sample(out, "bihuan_pg_commands_waiting", "", waiting);
}

/* -- the list of waiting commands; the mutex is held -- */

static void list_add(pg_store *store, waiter *w) {
    w->prev = store->last;
    w->next = NULL;
    *(store->last ? &store->last->next : &store->first) = w;
    store->last = w;
}

static void list_remove(pg_store *store, waiter *w) {
    *(w->prev ? &w->prev->next : &store->first) = w->next;
    *(w->next ? &w->next->prev : &store->last) = w->prev;
}

/* The slot of commands without an object is never taken. */
static void set_in_flight(pg_store *store, const waiter *w, bool is_in_flight) {
    store->in_flight[w->slot] = is_in_flight && w->slot != SLOT_NONE;
}

/* The list is searched from its old end, so no kind of command starves another. */
static waiter *oldest_eligible(pg_store *store) {
    waiter *w = store->first;
    while (w && (w->state != WAITING || store->in_flight[w->slot]))
        w = w->next;
    return w;
}

/* Gives each free connection to the oldest command that may go. */
static void choose_leaders(pg_store *store) {
    pg_conn *conn;
    waiter *w;
    while ((conn = conn_free_one(store->conns, store->options->connections)) && (w = oldest_eligible(store))) {
        conn->is_busy = true;
        w->conn = conn;
        w->state = CHOSEN;
        set_in_flight(store, w, true);
        latch_open(&w->wake);
    }
}

static void take_off(pg_store *store, waiter *w) {
    list_remove(store, w);
    w->state = CARRIED;
    set_in_flight(store, w, true);
}

/* Takes the leader and every waiting command of its kind that may go with it. */
static size_t gather(pg_store *store, waiter *leader, waiter **ret_members) {
    size_t n = 0;
    size_t size = leader->size;
    waiter *next;
    take_off(store, leader);
    ret_members[n++] = leader;
    for (waiter *w = store->first; w && n < (size_t) store->options->set_max; w = next) {
        next = w->next;
        bool is_fit = w->state == WAITING && w->prepared == leader->prepared && !store->in_flight[w->slot] &&
                      size + w->size <= SET_BYTES_MAX;
        if (!is_fit)
            continue;
        size += w->size;
        take_off(store, w);
        ret_members[n++] = w;
    }
    return n;
}

/* -- the leader's work; the mutex is not held -- */

/* Tells the answered members; from then on their memory is theirs again. */
static void tell(set *s, bool is_last) {
    pthread_mutex_lock(&s->store->mutex);
    for (size_t i = 0; i < s->answered_count; i++)
        set_in_flight(s->store, s->answered[i], false);
    if (is_last)
        s->conn->is_busy = false;
    choose_leaders(s->store);
    pthread_mutex_unlock(&s->store->mutex);
    for (size_t i = 0; i < s->answered_count; i++)
        if (s->answered[i] != s->leader)
            latch_open(&s->answered[i]->wake);
    s->answered_count = 0;
}

static void answer_one(set *s, waiter *w, pg_answer answer, int row) {
    w->answer = answer;
    if (answer.result)
        result_share(answer.result);
    w->row = row;
    s->answered[s->answered_count++] = w;
}

static void answer_all(set *s, waiter **members, size_t n, pg_answer answer) {
    for (size_t i = 0; i < n; i++)
        answer_one(s, members[i], answer, 0);
}

/* Hands the rows out and moves the commands that got none to the front; returns their number. */
static size_t hand_out(set *s, waiter **members, size_t n, pg_answer answer) {
    const PGresult *pq = answer.result->pq;
    for (int row = 0; row < PQntuples(pq); row++) {
        int64_t ord = get_be(PQgetvalue(pq, row, 0), PQgetlength(pq, row, 0));
        assert(ord >= 1 && ord <= (int64_t) n && members[ord - 1]);
        answer_one(s, members[ord - 1], answer, row);
        members[ord - 1] = NULL;
    }
    size_t missing = 0;
    for (size_t i = 0; i < n; i++)
        if (members[i])
            members[missing++] = members[i];
    return missing;
}

/* One attempt. Every member encoded its own values in its own thread; here they are only joined to arrays. */
static pg_answer run_once(set *s, waiter **members, size_t n) {
    size_t size = 0;
    for (size_t i = 0; i < n; i++)
        size += members[i]->size;
    enum { ROOM = 8 };
    arena *mem = arena_new(ROOM * (size + SET_BYTES_MAX));
    const pg_piece **pieces = arena_array(mem, n, sizeof(*pieces));
    for (size_t i = 0; i < n; i++)
        pieces[i] = members[i]->pieces;
    const pg_stmt *stmt = s->prepared->stmt;
    pg_piece *arguments = arena_array(mem, stmt->param_count, sizeof(*arguments));
    for (size_t k = 0; k < stmt->param_count; k++)
        arguments[k] = pieces_join(mem, s->prepared->types[k], pieces, n, k);
    pg_answer answer = { ANSWER_NOT_DONE, NULL };
    if (!conn_ready(s->call, s->conn))
        answer = conn_run(NULL, s->conn, stmt, arguments); /* one member never stops the others */
    arena_free(mem);
    return answer;
}

/* A conflict rolled the whole set back, so the whole set may go again. */
static pg_answer run_set(set *s, waiter **members, size_t n) {
    pg_answer answer = run_once(s, members, n);
    for (int i = 0; i < CONFLICTS_MAX && answer_verdict(answer) == RETRY; i++) {
        result_drop(answer.result);
        conflict_pause(i);
        answer = run_once(s, members, n);
    }
    return answer;
}

static void carry(set *s, waiter **members, size_t n, int round);

/* The server refused the set: only the guilty command may pay, so halve until it stands alone. */
static void split(set *s, waiter **members, size_t n, int round) {
    carry(s, members, n / 2, round);
    carry(s, members + n / 2, n - n / 2, round);
}

/* Runs the set and gives every member its answer. Depth: log2 of set_max halvings and ROUNDS_MAX repetitions. */
static void carry(set *s, waiter **members, size_t n, int round) {
    if (s->answered_count)
        tell(s, false); /* nobody but the leader waits for another's second statement */
    pg_answer answer = run_set(s, members, n);
    bool may_repeat = round + 1 < ROUNDS_MAX;
    if (answer.kind == ANSWER_ROWS) {
        size_t missing = hand_out(s, members, n, answer);
        if (missing && may_repeat)
            carry(s, members, missing, round + 1); /* a twin moved the object first: look again in a new snapshot */
        else
            answer_all(s, members, missing, (pg_answer){ ANSWER_AGAIN, NULL });
    } else if (answer_verdict(answer) == SPLIT && n > 1) {
        split(s, members, n, round);
    } else if (answer_is_duplicate(answer) && may_repeat) {
        carry(s, members, n, ROUNDS_MAX - 1); /* a twin's key came first: once more to see its result */
    } else {
        answer_all(s, members, n, answer);
    }
    result_drop(answer.result);
}

/* Sets lock rows in one order, so that two of them cannot deadlock. */
static int by_object(const void *a, const void *b) {
    const waiter *x = *(waiter *const *) a;
    const waiter *y = *(waiter *const *) b;
    size_t object = (size_t) x->prepared->stmt->combine - 1;
    const pg_piece *p = &x->pieces[object];
    const pg_piece *q = &y->pieces[object];
    int order = memcmp(p->bytes ? p->bytes : "", q->bytes ? q->bytes : "", p->size < q->size ? p->size : q->size);
    return order ? order : (p->size > q->size) - (p->size < q->size);
}

static void lead(bh_call *call, pg_store *store, waiter *leader) {
    size_t set_max = (size_t) store->options->set_max;
    waiter **members = arena_array(call->mem, set_max, sizeof(*members));
    set s = {
        .call = call,
        .store = store,
        .conn = leader->conn,
        .prepared = leader->prepared,
        .leader = leader,
        .answered = arena_array(call->mem, set_max, sizeof(*members)),
    };
    /* Not when it was chosen but now, when its thread runs: whoever came meanwhile goes too. */
    pthread_mutex_lock(&store->mutex);
    size_t n = gather(store, leader, members);
    store->set_count++;
    store->command_count += n;
    pthread_mutex_unlock(&store->mutex);
    qsort(members, n, sizeof(*members), by_object);
    carry(&s, members, n, 0);
    tell(&s, true);
}

/* -- a command's way in and out -- */

/* Two objects that share a slot only travel in different sets; with 64 in flight that is rare. */
static uint32_t slot_of(const pg_piece *object) {
    enum { FNV_BASIS = 0x811c9dc5, FNV_PRIME = 0x01000193 };
    if (!object->bytes)
        return SLOT_NONE;
    uint32_t h = FNV_BASIS;
    for (size_t i = 0; i < object->size; i++)
        h = (h ^ (unsigned char) object->bytes[i]) * FNV_PRIME;
    return (h ^ h >> 16) % SLOTS;
}

static void waiter_init(waiter *w, const pg_prepared *prepared, const pg_piece *pieces) {
    *w = (waiter){ .prepared = prepared, .pieces = pieces };
    for (size_t i = 0; i < prepared->stmt->param_count; i++)
        w->size += pieces[i].size;
    w->slot = slot_of(&pieces[prepared->stmt->combine - 1]);
}

/* Nobody waits for the command any more: it leaves the list, unless the command's turn has come at this very moment. */
static bool withdraw(pg_store *store, waiter *w) {
    pthread_mutex_lock(&store->mutex);
    bool is_waiting = w->state == WAITING;
    if (is_waiting)
        list_remove(store, w);
    pthread_mutex_unlock(&store->mutex);
    return is_waiting;
}

/* Waits until the command leads, is answered (true) or its call is over before a set took it (false). */
static bool wait_turn(bh_call *call, pg_store *store, waiter *w) {
    pthread_mutex_lock(&store->mutex);
    list_add(store, w);
    choose_leaders(store);
    pthread_mutex_unlock(&store->mutex);
    while (!latch_wait_until(&w->wake, call_look_ms(call)) && !call_is_over(call))
        continue;
    if (call_is_over(call) && withdraw(store, w))
        return false;
    latch_wait(&w->wake);
    return true;
}

bh_err *store_submit(bh_call *call, pg_store *store, const pg_prepared *prepared, const pg_piece *pieces,
                     pg_rows *ret_rows) {
    waiter w;
    waiter_init(&w, prepared, pieces);
    if (!wait_turn(call, store, &w))
        return call_check(call);
    if (w.conn)
        lead(call, store, &w);
    if (w.answer.result)
        result_keep(call, w.answer.result);
    TRY(answer_error(call, prepared->stmt, w.answer));
    *ret_rows = (pg_rows){ .result = w.answer.result, .mem = call->mem, .first = w.row, .count = 1 };
    return NULL;
}
