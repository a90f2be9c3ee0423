#include "rpc/places.h"

#include <string.h>

static bool is_endpoint(const char *text) {
    return strncmp(text, "tcp://", 6) == 0 && strlen(text) < RPC_PLACE_SIZE;
}

bool places_set(places *p, const char *const *endpoints, size_t n) {
    places now = { .n = 0 };
    for (size_t i = 0; i < n && now.n < RPC_PLACES_MAX; i++)
        if (is_endpoint(endpoints[i]))
            memcpy(now.endpoint[now.n++], endpoints[i], strlen(endpoints[i]) + 1);
    bool changed = memcmp(&now, p, sizeof(now)) != 0;
    *p = now;
    return changed;
}
