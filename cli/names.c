#include "names.h"

#include "bihuan/v1/directory_service.pb-c.h"
#include "list.h"
#include "remote.h"

static const remote_method list_units = { &bh__directory_service__descriptor, "ListUnits" };
static const remote_method list_users = { &bh__directory_service__descriptor, "ListUsers" };

bh_err *names_load(app *a) {
    if (a->names)
        return NULL;
    names *known = arena_alloc(a->call->mem, sizeof(*known));
    ProtobufCMessage ***units = (ProtobufCMessage ***) &known->units, ***users = (ProtobufCMessage ***) &known->users;
    TRY(list_all(a, list_units, remote_request(a, list_units), LIST_MAX, units, &known->unit_count));
    TRY(list_all(a, list_users, remote_request(a, list_users), LIST_MAX, users, &known->user_count));
    a->names = known;
    return NULL;
}

static const char *number(const app *a, int32_t id) {
    return id ? arena_printf(a->call->mem, "%d", (int) id) : "";
}

const char *names_unit(const app *a, int32_t unit_id) {
    for (size_t i = 0; a->names && i < a->names->unit_count; i++)
        if (a->names->units[i]->unit_id == unit_id)
            return a->names->units[i]->name;
    return number(a, unit_id);
}

const char *names_user(const app *a, int32_t user_id) {
    for (size_t i = 0; a->names && i < a->names->user_count; i++)
        if (a->names->users[i]->user_id == user_id)
            return a->names->users[i]->name;
    return number(a, user_id);
}
