/* One service as a client sees it: its instances, the calls that wait for one of them, and which calls may be sent
 * again. I/O thread only. */
#pragma once

#include <stdbool.h>

#include "rpc/connection.h"

typedef struct channel channel;

/* It lives in `mem`, as long as that. */
channel *channel_new(arena *mem, const char *service);
/* Ends every call that waits with SHUTTING_DOWN. */
void channel_close(channel *ch);
const char *channel_service(const channel *ch);
/* Its instances are named anew: none, then each of them, at most RPC_INSTANCES_MAX. */
void channel_clear(channel *ch);
void channel_add(channel *ch, connection *instance);
/* From any thread: true while an instance takes calls. */
bool channel_is_ready(const channel *ch);

/* Takes a call over; it is sent now, or when an instance can take it: see WAIT_MS in channel.c. */
void channel_submit(channel *ch, rpc_result *call, int64_t now_ms);
/* Nobody waits for the call any more, which was submitted and has not ended: it ends. */
void channel_give_up(rpc_result *call, int64_t now_ms);
/* Takes back a call that a connection had sent: it ends, or is sent again. */
void channel_take_back(rpc_result *call, connection_verdict verdict, int64_t now_ms);
/* Sends what waits, as far as that goes; to be called after whatever happened to a connection. */
void channel_pump(channel *ch, int64_t now_ms);
/* When channel_pump has something to do although nothing happened to a connection. */
int64_t channel_due_ms(const channel *ch);
