/* The client's connection to one server: made, greeted, kept alive, dropped and made again. I/O thread only. */
#pragma once

#include <poll.h>

#include "rpc/keys.h"
#include "rpc/places.h"
#include "rpc/result.h"

typedef struct connection connection;

/* How a call comes back from a connection. */
typedef enum connection_verdict {
    CALL_ANSWERED,
    CALL_REFUSED,     /* before any work: the server is busy */
    CALL_TURNED_AWAY, /* before any work: the server is leaving */
    CALL_LOST,        /* the connection ended: what became of the call is not known */
    CALL_EXPIRED,
    CALL_GIVEN_UP,
    CALL_ABANDONED, /* the client is being closed */
} connection_verdict;

/* Takes back every call that was sent, once. */
typedef void connection_back(rpc_result *call, connection_verdict verdict, int64_t now_ms);

/* What all connections of a client share. */
typedef struct connection_setup {
    void *context;
    rpc_key own;
    const char *instance_id; /* names this process */
    connection_back *back;
} connection_setup;

/* A connection that will be attempted at once. */
connection *connection_new(const connection_setup *setup, const rpc_peer *peer);
/* Gives every call back and closes. */
void connection_free(connection *conn, int64_t now_ms);
/* Nobody wants it any more: it takes no calls and is over when those under way have ended. */
void connection_retire(connection *conn, int64_t now_ms);
bool connection_is_over(const connection *conn);
/* Whether it is the one to this peer, and has not been retired. */
bool connection_serves(const connection *conn, const rpc_peer *peer);
bool connection_is_ready(const connection *conn);
/* Where else the server's services are, as it said last. */
const places *connection_places(const connection *conn);
/* True once after the server has said something new about that. */
bool connection_has_news(connection *conn);

enum { CONNECTION_FULL = INT32_MAX };
/* How many calls like this one it has under way; more than any other has when calls should go elsewhere, for it has
 * failed lately; CONNECTION_FULL when it cannot take another one. */
int connection_load(const connection *conn, const rpc_result *call, int64_t now_ms);
/* Stamps call id and remaining time on the request and sends it, soon. */
void connection_send(connection *conn, rpc_result *call, int64_t now_ms);
/* Gives back a call under way that nobody waits for any more; the server hears of it. */
void connection_give_up(connection *conn, rpc_result *call, int64_t now_ms);
/* Lets the server send so much more of a stream that was sent here. */
void connection_grant(connection *conn, rpc_result *stream, credit more);
/* Sends what was to be sent soon, reads what waits; false when nothing did. */
bool connection_receive(connection *conn, int64_t now_ms);
/* Does what the clock asks for: greeting, pings, expired calls, the next attempt. */
void connection_tick(connection *conn, int64_t now_ms);
/* When connection_tick has something to do again. */
int64_t connection_due_ms(const connection *conn);

enum { CONNECTION_POLL_ITEMS = 2 };
/* What to wait for after a connection_receive that found nothing; returns how many items were filled. */
int connection_poll(const connection *conn, struct pollfd items[CONNECTION_POLL_ITEMS]);
