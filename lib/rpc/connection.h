/* The client's connection to one server: made, greeted, kept alive, dropped and made again. I/O thread only. */
#pragma once

#include <poll.h>

#include "rpc/keys.h"
#include "rpc/peers.h"
#include "rpc/result.h"

typedef struct connection connection;

/* A connection that will be attempted at once; it lives in `mem`, as long as that. `instance_id` names this process. */
connection *connection_new(arena *mem, void *context, const rpc_key *own, const char *instance_id,
                           const rpc_peer *peer);
/* Ends every call with SHUTTING_DOWN and closes. */
void connection_close(connection *conn);
bool connection_serves(const connection *conn, const rpc_peer *peer);
/* From any thread. */
bool connection_is_ready(const connection *conn);

/* Takes a call over; sends it now or when the server can be reached, at most WAIT_MS later. */
void connection_submit(connection *conn, rpc_result *call, int64_t now_ms);
/* Reads what waits; false when nothing did. */
bool connection_receive(connection *conn, int64_t now_ms);
/* Does what the clock asks for: greeting, pings, expired calls, the next attempt. */
void connection_tick(connection *conn, int64_t now_ms);
/* When connection_tick has something to do again. */
int64_t connection_due_ms(const connection *conn);

enum { CONNECTION_POLL_ITEMS = 2 };
/* What to wait for after a connection_receive that found nothing; returns how many items were filled. */
int connection_poll(const connection *conn, struct pollfd items[CONNECTION_POLL_ITEMS]);
