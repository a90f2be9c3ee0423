/* Where the services of the site are: the peers file. */
#pragma once

#include "base/call.h"

enum { RPC_PEERS_MAX = 64, RPC_INSTANCES_MAX = 16 }; /* rows; rows of one service */

/* One line of the file: SERVICE ENDPOINT PUBLIC-KEY; one server may stand in several lines with its services. */
typedef struct rpc_peer {
    const char *service;    /* "bihuan.v1.TaskService" */
    const char *endpoint;   /* "tcp://127.0.0.1:7001" */
    const char *public_key; /* of the server, Z85 */
} rpc_peer;

/* Reads the file into the call's arena. */
MUST bh_err *rpc_peers_load(bh_call *call, const char *path, rpc_peer **ret_peers, size_t *ret_n);
