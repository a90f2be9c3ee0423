#include "names.h"

#include "bihuan/v1/directory_service.pb-c.h"
#include "list.h"
#include "remote.h"

static const remote_method list_units = { &bh__directory_service__descriptor, "ListUnits" };
static const remote_method list_users = { &bh__directory_service__descriptor, "ListUsers" };

bh_err *names_load(app *a, names *ret_names) {
    ProtobufCMessage ***units = (ProtobufCMessage ***) &ret_names->units;
    ProtobufCMessage ***users = (ProtobufCMessage ***) &ret_names->users;
    TRY(list_all(a, list_units, remote_request(a, list_units), LIST_MAX, units, &ret_names->unit_count));
    return list_all(a, list_users, remote_request(a, list_users), LIST_MAX, users, &ret_names->user_count);
}

static const char *number(app *a, int32_t id) {
    return id ? arena_printf(a->call->mem, "%d", (int) id) : "";
}

const char *names_unit(app *a, const names *known, int32_t unit_id) {
    for (size_t i = 0; i < known->unit_count; i++)
        if (known->units[i]->unit_id == unit_id)
            return known->units[i]->name;
    return number(a, unit_id);
}

const char *names_user(app *a, const names *known, int32_t user_id) {
    for (size_t i = 0; i < known->user_count; i++)
        if (known->users[i]->user_id == user_id)
            return known->users[i]->name;
    return number(a, user_id);
}
