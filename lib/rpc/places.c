#include "rpc/places.h"

#include <string.h>

void places_add(places *p, const char *endpoint, const char *public_key) {
    if (p->n == RPC_PLACES_MAX || strncmp(endpoint, "tcp://", 6) != 0 || strlen(endpoint) >= RPC_PLACE_SIZE ||
        !rpc_key_text_is_valid(public_key))
        return;
    rpc_place *new = &p->at[p->n++];
    memcpy(new->endpoint, endpoint, strlen(endpoint) + 1);
    memcpy(new->public_key, public_key, strlen(public_key) + 1);
}

static bool is_same(const rpc_place *a, const rpc_place *b) {
    return strcmp(a->endpoint, b->endpoint) == 0 && strcmp(a->public_key, b->public_key) == 0;
}

bool places_change(places *p, const places *now) {
    bool same = p->n == now->n;
    for (size_t i = 0; same && i < now->n; i++)
        same = is_same(&p->at[i], &now->at[i]);
    *p = *now;
    return !same;
}
