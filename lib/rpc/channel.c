#include "rpc/channel.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/hash.h"

enum {
    WAITING_MAX = 1024, /* calls not sent yet */
    WAIT_MS = 3000,     /* for a server to come (back); a supervised one is back within 2 s */
    ATTEMPTS_MAX = 4,
    PUSH_BACK_MS = 10, /* before the second attempt; doubles with each */
};

/* In tenths of a repetition: every call earns one, so does a tenth of every second. */
enum { BUDGET_MAX = 1000, BUDGET_START = 100, BUDGET_PRICE = 10, BUDGET_EARN_MS = 100 };

struct channel {
    const char *service;
    connection *instances[RPC_INSTANCES_MAX];
    size_t n;
    size_t turn;       /* whose turn it is among equals */
    atomic_bool ready; /* for other threads */
    inbox_node *waiting;
    inbox_node **waiting_end;
    int waiting_count;
    int64_t due_ms; /* no waiting call changes by itself before */
    int budget;
    int64_t earned_ms; /* time has been counted in until then */
};

channel *channel_new(arena *mem, const char *service) {
    channel *ch = arena_alloc(mem, sizeof(*ch));
    ch->service = arena_strdup(mem, service);
    ch->waiting_end = &ch->waiting;
    ch->due_ms = INT64_MAX;
    ch->budget = BUDGET_START;
    ch->earned_ms = clock_mono_ms();
    return ch;
}

const char *channel_service(const channel *ch) {
    return ch->service;
}

void channel_clear(channel *ch) {
    ch->n = 0;
}

void channel_add(channel *ch, connection *instance) {
    assert(ch->n < RPC_INSTANCES_MAX);
    ch->instances[ch->n++] = instance;
}

bool channel_is_ready(const channel *ch) {
    return atomic_load(&ch->ready);
}

int64_t channel_due_ms(const channel *ch) {
    return ch->due_ms;
}

/* --- sending --- */

/* The instance with the fewest calls under way; NULL when none can take this one. */
static connection *pick(const channel *ch, const rpc_result *call, int64_t now_ms) {
    connection *best = NULL;
    int least = CONNECTION_FULL;
    for (size_t i = 0; i < ch->n; i++) {
        connection *instance = ch->instances[(ch->turn + i) % ch->n];
        int load = connection_load(instance, call, now_ms);
        if (load < least) {
            best = instance;
            least = load;
        }
    }
    return best;
}

static bool send(channel *ch, rpc_result *call, int64_t now_ms) {
    connection *instance = pick(ch, call, now_ms);
    ch->turn++;
    if (instance)
        connection_send(instance, call, now_ms);
    return instance != NULL;
}

static int64_t waiting_ends_ms(const rpc_result *call) {
    int64_t patience_ms = call->since_ms + WAIT_MS;
    return call->deadline_ms < patience_ms ? call->deadline_ms : patience_ms;
}

static bh_reason why_waiting_ended(const channel *ch, const rpc_result *call, int64_t now_ms) {
    if (call->is_unwanted)
        return BH_REASON_CALL_CANCELLED;
    if (now_ms >= call->deadline_ms)
        return BH_REASON_DEADLINE_EXPIRED;
    return channel_is_ready(ch) ? BH_REASON_QUEUE_FULL : BH_REASON_SERVICE_UNREACHABLE;
}

static void wait(channel *ch, rpc_result *call, int64_t now_ms) {
    int64_t ends_ms = waiting_ends_ms(call);
    if (call->is_unwanted || now_ms >= ends_ms || ch->waiting_count >= WAITING_MAX) {
        rpc_result_fail(call, why_waiting_ended(ch, call, now_ms));
        return;
    }
    call->node.next = NULL;
    *ch->waiting_end = &call->node;
    ch->waiting_end = &call->node.next;
    ch->waiting_count++;
    int64_t due_ms = now_ms < call->not_before_ms && call->not_before_ms < ends_ms ? call->not_before_ms : ends_ms;
    if (due_ms < ch->due_ms)
        ch->due_ms = due_ms;
}

static rpc_result *waiting_take(channel *ch) {
    inbox_node *first = ch->waiting;
    ch->waiting = first->next;
    if (!ch->waiting)
        ch->waiting_end = &ch->waiting;
    ch->waiting_count--;
    return (rpc_result *) first;
}

/* Sends the call, lets it wait, or ends it. */
static void place(channel *ch, rpc_result *call, int64_t now_ms) {
    bool may_go = !call->is_unwanted && now_ms < call->deadline_ms && now_ms >= call->not_before_ms;
    if (!may_go || !send(ch, call, now_ms))
        wait(ch, call, now_ms);
}

static void earn(channel *ch, int tenths) {
    ch->budget = ch->budget + tenths < BUDGET_MAX ? ch->budget + tenths : BUDGET_MAX;
}

void channel_submit(channel *ch, rpc_result *call, int64_t now_ms) {
    call->channel = ch;
    call->since_ms = now_ms;
    earn(ch, 1);
    place(ch, call, now_ms);
}

void channel_give_up(rpc_result *call, int64_t now_ms) {
    call->is_unwanted = true;
    if (call->sent_on)
        connection_give_up(call->sent_on, call, now_ms);
    else
        call->channel->due_ms = now_ms; /* the pump looks at all that wait */
}

static bool any_is_ready(const channel *ch) {
    for (size_t i = 0; i < ch->n; i++)
        if (connection_is_ready(ch->instances[i]))
            return true;
    return false;
}

void channel_pump(channel *ch, int64_t now_ms) {
    bool all = now_ms >= ch->due_ms;
    atomic_store_explicit(&ch->ready, any_is_ready(ch), memory_order_release);
    if (all)
        ch->due_ms = INT64_MAX;
    for (int n = ch->waiting_count; n > 0 && (all || pick(ch, (rpc_result *) ch->waiting, now_ms)); n--)
        place(ch, waiting_take(ch), now_ms);
}

void channel_close(channel *ch) {
    while (ch->waiting)
        rpc_result_fail(waiting_take(ch), BH_REASON_SHUTTING_DOWN);
}

/* --- sending again --- */

/* Repetitions are a tenth of the calls and a few: more would finish off a service that is busy already. */
static bool can_afford(channel *ch, int64_t now_ms) {
    int64_t periods = (now_ms - ch->earned_ms) / BUDGET_EARN_MS;
    earn(ch, periods < BUDGET_MAX ? (int) periods : BUDGET_MAX);
    ch->earned_ms += periods * BUDGET_EARN_MS;
    if (ch->budget < BUDGET_PRICE)
        return false;
    ch->budget -= BUDGET_PRICE;
    return true;
}

/* A server leaves but once, so whoever it turns away costs nothing. A stream that has begun is its maker's to go on
 * with. */
static bool may_go_again(rpc_result *call, connection_verdict verdict, int64_t now_ms) {
    if (call->attempt + 1 >= ATTEMPTS_MAX || now_ms >= call->deadline_ms || call->items)
        return false;
    if (verdict == CALL_TURNED_AWAY)
        return true;
    bool harmless = verdict == CALL_REFUSED || (verdict == CALL_LOST && call->repeatable);
    return harmless && can_afford(call->channel, now_ms);
}

/* Half to all of a time that doubles with every attempt, so that those who were refused together do not return so. */
static int64_t push_back_ms(const rpc_result *call) {
    int64_t most = PUSH_BACK_MS << call->attempt;
    uint16_t random;
    random_bytes(&random, sizeof(random));
    return most / 2 + most / 2 * random / UINT16_MAX;
}

void channel_take_back(rpc_result *call, connection_verdict verdict, int64_t now_ms) {
    static const bh_reason failures[] = {
        [CALL_LOST] = BH_REASON_OUTCOME_UNKNOWN,
        [CALL_EXPIRED] = BH_REASON_DEADLINE_EXPIRED,
        [CALL_GIVEN_UP] = BH_REASON_CALL_CANCELLED,
        [CALL_ABANDONED] = BH_REASON_SHUTTING_DOWN,
    };
    if (may_go_again(call, verdict, now_ms)) {
        call->since_ms = now_ms;
        call->not_before_ms = now_ms + push_back_ms(call);
        rpc_result_again(call);
        wait(call->channel, call, now_ms);
    } else if (verdict >= CALL_LOST) {
        rpc_result_fail(call, failures[verdict]);
    } else {
        rpc_result_finish(call);
    }
}
