/* The ZeroMQ sockets we use, with every limit set: defaults queue for ever, retry silently and take any size. */
#pragma once

#include "base/arena.h"
#include "rpc/keys.h"

/* A ROUTER bound to the endpoint, CURVE only; NULL with errno when that fails. */
void *socket_listen(void *context, const rpc_key *own, const char *endpoint);
/* A DEALER connecting to one server; it makes one attempt and ends with its connection. NULL with errno. */
void *socket_connect(void *context, const rpc_key *own, const char *endpoint, const char *server_key);
/* The end of that connection, refused, denied or broken: readable on the returned socket. NULL with errno. */
void *socket_watch(void *context, void *socket);
/* Closes; what is still queued has linger_ms to leave. Accepts NULL. */
void socket_close(void *socket, int linger_ms);
/* Where a bound socket listens. */
const char *socket_endpoint(void *socket, arena *mem);
