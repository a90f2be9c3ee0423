#include "service/place.h"

#include <string.h>

#include "rpc/server.h"

static bool is_nowhere(const char *place) {
    return strcmp(place, "-") == 0 || strstr(place, "//0.0.0.0:") || strstr(place, "//[::]:");
}

bh_err *place_hold(bh_call *call, service_runtime *runtime, UNUSED bool *ret_again) {
    const char *set = runtime->settings.place;
    const char *own = *set ? set : rpc_server_endpoint(runtime->server);
    places others = { .n = 0 };
    pg_rows rows;
    if (is_nowhere(own))
        return NULL;
    TRY(pg_call(call, runtime->service->hold_place, &rows, pg_int(call->site_id), pg_text(runtime->service->name),
                pg_text(own), pg_text(rpc_server_public_key(runtime->server)), pg_int(PLACE_LEASE_MS),
                pg_int(RPC_PLACES_MAX)));
    for (int i = 0; i < rows.count; i++)
        places_add(&others, pg_get_text(&rows, i, "endpoint"), pg_get_text(&rows, i, "public_key"));
    rpc_server_tell_places(runtime->server, &others);
    return NULL;
}
