/* The sockets of the HTTP server: one thread, one epoll. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/call.h"
#include "http.h"

enum { SERVER_CONNECTIONS_MAX = 4096, SERVER_WATCHES_MAX = 8 };

typedef struct server server;

/* Listens on "ADDRESS:PORT"; lives as long as the process. */
MUST bh_err *server_open(bh_call *call, const char *address, http_app *app, server **ret_server);
/* The port that was bound, for ":0". */
int server_port(const server *srv);
/* ready(data) runs in the server's thread whenever fd is readable. At most SERVER_WATCHES_MAX. */
void server_watch(server *srv, int fd, void (*ready)(void *data), void *data);
/* Serves until server_stop(), then lets open requests finish for drain_ms. */
void server_run(server *srv, int64_t drain_ms);
/* Callable from the server's own thread. */
void server_stop(server *srv);
