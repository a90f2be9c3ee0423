/* The services of the site and the connections to their servers: those that the peers file names, and those that the
 * servers know of. I/O thread only. */
#pragma once

#include <stdatomic.h>

#include "rpc/channel.h"
#include "rpc/table.h"

/* Twice as many as there may be peers: those that left the file may still have calls under way. */
enum { ROSTER_MAX = 2 * RPC_PEERS_MAX };

/* The servers that are wanted: first those of the file, then those that were told. */
typedef struct lineup {
    arena *mem;
    rpc_peer peer[RPC_PEERS_MAX];
    size_t n;
    size_t named; /* in the file */
} lineup;

typedef struct roster {
    arena *mem; /* for the channels, which stay */
    const connection_setup *setup;
    table_watch file;
    int64_t looked_ms; /* at the file */
    lineup wanted;
    connection *connections[ROSTER_MAX];
    size_t connection_count;
    channel *channels[ROSTER_MAX];
    atomic_size_t channel_count; /* only grows, so other threads may look channels up */
} roster;

/* Reads the peers file; `mem` and `setup` live as long as the roster. */
MUST bh_err *roster_open(bh_call *call, roster *ret_roster, arena *mem, const connection_setup *setup,
                         const char *path);
/* Ends every call and every connection. */
void roster_close(roster *r);
/* From any thread; NULL when no server was ever named for the service. */
channel *roster_find(const roster *r, const char *service);

/* Reads what waits; false when nothing did. */
bool roster_receive(roster *r, int64_t now_ms);
/* Does what the clock asks for; reads the file again when it changed, a malformed one is logged and changes nothing. */
void roster_tick(roster *r, int64_t now_ms);
/* Sends what waits. */
void roster_pump(roster *r, int64_t now_ms);
/* When there is something to do again. */
int64_t roster_due_ms(const roster *r);

enum { ROSTER_POLL_ITEMS = ROSTER_MAX * CONNECTION_POLL_ITEMS };
/* What to wait for after a roster_receive that found nothing; returns how many items were filled. */
nfds_t roster_poll(const roster *r, struct pollfd items[ROSTER_POLL_ITEMS]);
