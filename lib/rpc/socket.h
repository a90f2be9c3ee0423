/* The ZeroMQ sockets we use, with every limit set: defaults queue for ever, retry silently and take any size. */
#pragma once

#include "base/arena.h"
#include "rpc/keys.h"

/* A ROUTER bound to the endpoint, CURVE only; NULL with errno when that fails. */
void *socket_listen(void *context, const rpc_key *own, const char *endpoint);
/* A DEALER that makes one attempt to reach one server and is of no use once that connection is refused, denied or
 * broken: *ret_watch is readable then. NULL with errno. */
void *socket_connect(void *context, const rpc_key *own, const char *endpoint, const char *server_key, void **ret_watch);
/* Closes both; accepts NULLs. */
void socket_disconnect(void *socket, void *watch);
/* Closes; what is still queued has linger_ms to leave. Accepts NULL. */
void socket_close(void *socket, int linger_ms);
/* Readable when something happens to the socket after a receive that found nothing. Between that receive and the wait
 * nothing else may be done with the socket, else the sign is lost. zmq_poll spares that care for ten system calls more.
 */
int socket_fd(void *socket);
/* Where a bound socket listens. */
const char *socket_endpoint(void *socket, arena *mem);
