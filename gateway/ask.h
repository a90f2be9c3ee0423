/* Calls to the services on behalf of requests: started and answered in the server's thread. */
#pragma once

#include "http.h"
#include "rpc/client.h"
#include "rpc/inbox.h"

typedef struct asker {
    rpc_client *client;
    inbox answers; /* notes; the runtime's thread puts, ours takes: server_watch(answers.fd, ask_ready) */
} asker;

/* First member of what comes back. */
typedef struct ask_note {
    inbox_node node;
    void (*deliver)(struct ask_note *note); /* in the server's thread */
} ask_note;

/* What came back: an error, or the packed response. Not called when the client has left meanwhile. */
typedef void ask_done(http_stream *s, void *data, const bh_err *error, const void *bytes, size_t n);

/* False when the system has no descriptor left. */
bool asker_open(asker *by, rpc_client *client);
/* Calls `path` ("/bihuan.v1.TaskService/IssueTask") as s->call->who, within the deadline of the request. */
void ask(asker *by, http_stream *s, const char *path, const void *payload, size_t n, ask_done *done, void *data);
/* Packs the message first. */
void ask_message(asker *by, http_stream *s, const char *path, const ProtobufCMessage *message, ask_done *done,
                 void *data);
/* Asks the server of this service ("bihuan.v1.TaskService") whether it can do its work. */
void ask_health(asker *by, http_stream *s, const char *service, ask_done *done, void *data);
/* Hands out what came back. */
void ask_ready(void *data);
