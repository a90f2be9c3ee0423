#include "rpc/roster.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum { REFRESH_MS = 500, LINEUP_MEMORY_MAX = 64 << 10 };

/* --- who is wanted --- */

static connection *find_connection(const roster *r, const rpc_peer *peer, size_t *ret_at) {
    for (size_t i = 0; i < r->connection_count; i++) {
        *ret_at = i;
        if (connection_serves(r->connections[i], peer))
            return r->connections[i];
    }
    return NULL;
}

static void line_up(lineup *all, const rpc_peer *peer) {
    all->peer[all->n++] = (rpc_peer){
        .service = arena_strdup(all->mem, peer->service),
        .endpoint = arena_strdup(all->mem, peer->endpoint),
        .public_key = arena_strdup(all->mem, peer->public_key),
    };
}

/* Whether one that was told is new, has a key that the file names for the service, and there is room for it. */
static bool is_welcome(const roster *r, const lineup *all, const rpc_peer *told) {
    size_t instances = 0;
    bool is_trusted = false;
    for (size_t i = 0; i < all->n; i++) {
        if (strcmp(all->peer[i].service, told->service) != 0)
            continue;
        instances++;
        is_trusted |= i < all->named && strcmp(all->peer[i].public_key, told->public_key) == 0;
        if (strcmp(all->peer[i].endpoint, told->endpoint) == 0)
            return false;
    }
    return is_trusted && instances < RPC_INSTANCES_MAX && all->n < RPC_PEERS_MAX &&
           r->connection_count + all->n < ROSTER_MAX;
}

static void invite(const roster *r, lineup *all, const rpc_peer *told) {
    if (is_welcome(r, all, told))
        line_up(all, told);
}

/* One that answers is wanted, whoever told of it may have gone. */
static void keep_those_that_answer(const roster *r, lineup *all) {
    size_t at;
    for (size_t i = r->wanted.named; i < r->wanted.n; i++) {
        const connection *conn = find_connection(r, &r->wanted.peer[i], &at);
        if (conn && connection_is_ready(conn))
            invite(r, all, &r->wanted.peer[i]);
    }
}

/* Those who were told may tell of others. */
static void ask_those_that_answer(const roster *r, lineup *all) {
    size_t at;
    for (size_t i = 0; i < all->n; i++) {
        const connection *conn = find_connection(r, &all->peer[i], &at);
        if (!conn || !connection_is_ready(conn))
            continue;
        const places *known = connection_places(conn);
        for (size_t j = 0; j < known->n; j++)
            invite(r, all, &(rpc_peer){ all->peer[i].service, known->at[j].endpoint, known->at[j].public_key });
    }
}

/* --- connections and channels --- */

static size_t connection_to(roster *r, const rpc_peer *peer) {
    size_t at;
    if (find_connection(r, peer, &at))
        return at;
    r->connections[r->connection_count] = connection_new(r->setup, peer);
    return r->connection_count++;
}

channel *roster_find(const roster *r, const char *service) {
    size_t n = atomic_load(&r->channel_count);
    for (size_t i = 0; i < n; i++)
        if (strcmp(channel_service(r->channels[i]), service) == 0)
            return r->channels[i];
    return NULL;
}

static channel *channel_to(roster *r, const char *service) {
    channel *ch = roster_find(r, service);
    if (!ch) {
        ch = channel_new(r->mem, service);
        r->channels[r->channel_count] = ch;
        atomic_fetch_add(&r->channel_count, 1);
    }
    return ch;
}

static void connect_all(roster *r, const lineup *all, int64_t now_ms) {
    bool wanted[ROSTER_MAX] = { false };
    for (size_t i = 0; i < r->channel_count; i++)
        channel_clear(r->channels[i]);
    for (size_t i = 0; i < all->n; i++) {
        size_t at = connection_to(r, &all->peer[i]);
        channel_add(channel_to(r, all->peer[i].service), r->connections[at]);
        wanted[at] = true;
    }
    for (size_t i = 0; i < r->connection_count; i++)
        if (!wanted[i])
            connection_retire(r->connections[i], now_ms);
}

static void apply(roster *r, const rpc_peer *named, size_t n, int64_t now_ms) {
    lineup next = { .mem = arena_new(LINEUP_MEMORY_MAX), .named = n };
    for (size_t i = 0; i < n; i++)
        line_up(&next, &named[i]);
    keep_those_that_answer(r, &next);
    ask_those_that_answer(r, &next);
    connect_all(r, &next, now_ms);
    arena_free(r->wanted.mem);
    r->wanted = next;
    log_event(LOG_INFO, "rpc.peers", "named=%zu told=%zu connections=%zu", n, next.n - n, r->connection_count);
}

/* --- the file --- */

static bh_err *load(bh_call *call, roster *r, int64_t now_ms) {
    rpc_peer *peers;
    size_t n;
    TRY(rpc_peers_load(call, r->file.path, &peers, &n));
    if (r->connection_count + n > ROSTER_MAX || r->channel_count + n > ROSTER_MAX)
        return bh_fail(call, TABLE_UNUSABLE, r->file.path, "it has changed too much at once");
    apply(r, peers, n, now_ms);
    return NULL;
}

static void refresh(roster *r, int64_t now_ms) {
    r->looked_ms = now_ms;
    if (!table_changed(&r->file))
        return;
    bh_call *call = call_new("peers", 0);
    bh_err *err = load(call, r, now_ms);
    if (err)
        log_event(LOG_ERROR, "rpc.peers", "kept the old ones: %s", err->en);
    call_free(call);
}

bh_err *roster_open(bh_call *call, roster *ret_roster, arena *mem, const connection_setup *setup, const char *path) {
    ret_roster->mem = mem;
    ret_roster->setup = setup;
    ret_roster->file.path = arena_strdup(mem, path);
    table_changed(&ret_roster->file);
    return load(call, ret_roster, clock_mono_ms());
}

void roster_close(roster *r) {
    for (size_t i = 0; i < r->connection_count; i++)
        connection_free(r->connections[i], clock_mono_ms());
    for (size_t i = 0; i < r->channel_count; i++)
        channel_close(r->channels[i]);
    arena_free(r->wanted.mem);
}

/* --- the turns of the thread --- */

/* The last thing done with a socket before the wait must be a receive that finds nothing: see socket_fd. */
bool roster_receive(roster *r, int64_t now_ms) {
    bool any = false;
    for (size_t i = 0; i < r->connection_count; i++)
        any |= connection_receive(r->connections[i], now_ms);
    return any;
}

static void forget_those_over(roster *r, int64_t now_ms) {
    for (size_t i = r->connection_count; i-- > 0;) {
        if (!connection_is_over(r->connections[i]))
            continue;
        connection_free(r->connections[i], now_ms);
        r->connections[i] = r->connections[--r->connection_count];
    }
}

void roster_tick(roster *r, int64_t now_ms) {
    if (now_ms - r->looked_ms >= REFRESH_MS)
        refresh(r, now_ms);
    bool any_news = false;
    for (size_t i = 0; i < r->connection_count; i++) {
        connection_tick(r->connections[i], now_ms);
        any_news |= connection_has_news(r->connections[i]);
    }
    if (any_news)
        apply(r, r->wanted.peer, r->wanted.named, now_ms);
    forget_those_over(r, now_ms);
}

void roster_pump(roster *r, int64_t now_ms) {
    for (size_t i = 0; i < r->channel_count; i++)
        channel_pump(r->channels[i], now_ms);
}

static int64_t sooner(int64_t a_ms, int64_t b_ms) {
    return a_ms < b_ms ? a_ms : b_ms;
}

int64_t roster_due_ms(const roster *r) {
    int64_t due_ms = r->looked_ms + REFRESH_MS;
    for (size_t i = 0; i < r->connection_count; i++)
        due_ms = sooner(due_ms, connection_due_ms(r->connections[i]));
    for (size_t i = 0; i < r->channel_count; i++)
        due_ms = sooner(due_ms, channel_due_ms(r->channels[i]));
    return due_ms;
}

nfds_t roster_poll(const roster *r, struct pollfd items[ROSTER_POLL_ITEMS]) {
    nfds_t n = 0;
    for (size_t i = 0; i < r->connection_count; i++)
        n += (nfds_t) connection_poll(r->connections[i], items + n);
    return n;
}
