#include "rpc/roster.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum { REFRESH_MS = 500 };

/* --- the file --- */

static size_t connection_to(roster *r, const rpc_peer *peer) {
    for (size_t i = 0; i < r->connection_count; i++)
        if (connection_serves(r->connections[i], peer))
            return i;
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

static void apply(roster *r, const rpc_peer *peers, size_t n, int64_t now_ms) {
    bool wanted[ROSTER_MAX] = { false };
    for (size_t i = 0; i < r->channel_count; i++)
        channel_clear(r->channels[i]);
    for (size_t i = 0; i < n; i++) {
        size_t at = connection_to(r, &peers[i]);
        channel_add(channel_to(r, peers[i].service), r->connections[at]);
        wanted[at] = true;
    }
    for (size_t i = 0; i < r->connection_count; i++)
        if (!wanted[i])
            connection_retire(r->connections[i], now_ms);
}

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
    else
        log_event(LOG_INFO, "rpc.peers", "path=%s connections=%zu", r->file.path, r->connection_count);
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
    for (size_t i = 0; i < r->connection_count; i++)
        connection_tick(r->connections[i], now_ms);
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
