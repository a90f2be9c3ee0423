#include "rpc/peers.h"

#include <string.h>

#include "rpc/keys.h"
#include "rpc/table.h"

static bh_err *row_parse(bh_call *call, const char *path, const table_row *row, rpc_peer *ret_peer) {
    *ret_peer = (rpc_peer){ .service = row->word[0], .endpoint = row->word[1], .public_key = row->word[2] };
    if (row->n != 3)
        return table_refuse(call, path, row, "SERVICE ENDPOINT KEY expected");
    if (strncmp(ret_peer->endpoint, "tcp://", 6) != 0)
        return table_refuse(call, path, row, "the endpoint does not begin with tcp://");
    if (!rpc_key_text_is_valid(ret_peer->public_key))
        return table_refuse(call, path, row, "the key is not 40 digits of Z85");
    return NULL;
}

static bh_err *count(bh_call *call, const char *path, const rpc_peer *peers, size_t n, const table_row *rows) {
    for (size_t i = 0; i < n; i++) {
        int instances = 0;
        for (size_t j = 0; j <= i; j++)
            instances += strcmp(peers[j].service, peers[i].service) == 0;
        if (instances > RPC_INSTANCES_MAX)
            return table_refuse(call, path, &rows[i], "too many servers of one service");
    }
    return NULL;
}

bh_err *rpc_peers_load(bh_call *call, const char *path, rpc_peer **ret_peers, size_t *ret_n) {
    table_row *rows;
    TRY(table_read(call, path, &rows, ret_n));
    if (*ret_n > RPC_PEERS_MAX)
        return table_refuse(call, path, &rows[RPC_PEERS_MAX], "too many rows");
    *ret_peers = arena_array(call->mem, *ret_n, sizeof(**ret_peers));
    for (size_t i = 0; i < *ret_n; i++)
        TRY(row_parse(call, path, &rows[i], &(*ret_peers)[i]));
    return count(call, path, *ret_peers, *ret_n, rows);
}
