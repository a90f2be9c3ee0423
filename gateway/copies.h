/* Evidence files at every gateway of a site: each has the others fetch what it takes in, and asks them for what it
 * lacks. The digest is the name, so a file proves itself. */
#pragma once

#include <pthread.h>

#include "rpc/client.h"
#include "rpc/server.h"

enum { COPIES_OTHERS_MAX = 15 };

typedef struct copies_options {
    const char *others;   /* "gateway.city2 gateway.city3", names in the peers file; "": this gateway is alone */
    const char *endpoint; /* where the others find this one */
    const char *key_file;
    const char *allow_file;
    int folder;       /* of the evidence_store */
    int64_t size_max; /* bytes of one file */
} copies_options;

typedef struct copies {
    rpc_client *client;
    rpc_server *server; /* NULL: alone */
    pthread_t thread;
    const char *others[COPIES_OTHERS_MAX];
    size_t n;
    int folder;
    int64_t size_max;
} copies;

/* Serves the others in a thread of its own, unless there are none. */
MUST bh_err *copies_open(bh_call *call, rpc_client *client, const copies_options *options, copies *ret_copies);
void copies_close(copies *c);
/* Fetches a file from whichever other gateway has it whole, in place of the one here. BH_DATA_LOSS when none has it,
 * BH_UNAVAILABLE when one that might have it did not send it. */
bh_code copies_fetch(const copies *c, const char *digest);
/* Has every other gateway fetch what it lacks of these files; false when one did not do it. Where somebody awaits it,
 * one that is not there now is passed over. */
bool copies_offer(const copies *c, char *const *digests, size_t n, bool is_awaited);
