#include "printed.h"

#include <string.h>

#include "bihuan/v1/directory_service.pb-c.h"
#include "command.h"
#include "out.h"
#include "ref.h"
#include "width.h"

static const remote_method resolve_units = { &bh__directory_service__descriptor, "ResolveUnits" };
static const remote_method resolve_leaders = { &bh__directory_service__descriptor, "ResolveLeaders" };
static const remote_method add_alias = { &bh__directory_service__descriptor, "AddUnitAlias" };

void printed_init(app *a, printed_names *list) {
    list->n = 0;
    list->at = arena_array(a->call->mem, PRINTED_MAX, sizeof(*list->at));
    list->ids = arena_array(a->call->mem, PRINTED_MAX, sizeof(*list->ids));
}

static int32_t *find(const printed_names *list, const char *name) {
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->at[i], name) == 0)
            return &list->ids[i];
    return NULL;
}

bh_err *printed_add(app *a, printed_names *list, const char *name) {
    if (!name || !*name || find(list, name))
        return NULL;
    if (list->n == PRINTED_MAX)
        return bh_fail(a->call, OPTION_BAD, "file", name,
                       SAY(a, "至多 1000 个不同的名称", "at most 1000 different names"));
    list->at[list->n++] = arena_strdup(a->call->mem, name);
    return NULL;
}

int32_t printed_id(const printed_names *list, const char *name) {
    const int32_t *id = name ? find(list, name) : NULL;
    return id ? *id : 0;
}

bh_err *printed_resolve_units(app *a, printed_names *list) {
    Bh__ResolveUnitsRequest *request = (Bh__ResolveUnitsRequest *) remote_request(a, resolve_units);
    Bh__ResolveUnitsResponse *response;
    request->names = list->at;
    request->n_names = list->n;
    if (!list->n)
        return NULL;
    TRY(remote_call(a, resolve_units, &request->base, (ProtobufCMessage **) &response));
    if (response->n_units != list->n)
        return bh_fail(a->call, ANSWER_UNREADABLE, "ResolveUnits");
    for (size_t i = 0; i < list->n; i++)
        list->ids[i] = response->units[i]->unit_id;
    return NULL;
}

bh_err *printed_resolve_leaders(app *a, printed_names *list) {
    Bh__ResolveLeadersRequest *request = (Bh__ResolveLeadersRequest *) remote_request(a, resolve_leaders);
    Bh__ResolveLeadersResponse *response;
    request->names = list->at;
    request->n_names = list->n;
    if (!list->n)
        return NULL;
    TRY(remote_call(a, resolve_leaders, &request->base, (ProtobufCMessage **) &response));
    if (response->n_user_ids != list->n)
        return bh_fail(a->call, ANSWER_UNREADABLE, "ResolveLeaders");
    memcpy(list->ids, response->user_ids, list->n * sizeof(*list->ids));
    return NULL;
}

/* Cuts "printed=known" and finds the printed name in the document. */
static bh_err *read_mapping(app *a, const printed_names *list, const char *option, const char *text, int32_t **ret_id,
                            const char **ret_printed, const char **ret_known) {
    const char *sign = strchr(text, '=');
    *ret_printed = arena_strndup(a->call->mem, text, sign ? (size_t) (sign - text) : 0);
    *ret_known = sign ? sign + 1 : "";
    if (!**ret_printed || !*ret_known)
        return bh_fail(a->call, OPTION_BAD, option, text,
                       SAY(a, "文中写法=名录中的名称", "NAME-IN-THE-DOCUMENT=KNOWN-NAME"));
    *ret_id = find(list, *ret_printed);
    return *ret_id ? NULL : bh_fail(a->call, NAME_NOT_PRINTED, *ret_printed, option);
}

static void map_unit(app *a, int32_t unit_id, const char *printed, const char *known, printed_names *ret_new) {
    out_note(SAY(a, "  名录将记住：“%s”即“%s”", "  The directory will remember: \"%s\" is \"%s\"."),
             width_clean(a->call->mem, printed), width_clean(a->call->mem, known));
    ret_new->ids[ret_new->n] = unit_id;
    ret_new->at[ret_new->n++] = arena_strdup(a->call->mem, printed);
}

/* A name that the directory knows by now is not new, so that the same import may be repeated. */
bh_err *printed_map_units(app *a, printed_names *list, printed_names *ret_new) {
    const char *text, *printed, *known;
    int32_t *id, unit_id;
    printed_init(a, ret_new);
    for (size_t i = 0; (text = args_nth(&a->args, "unit", i)); i++) {
        TRY(read_mapping(a, list, "unit", text, &id, &printed, &known));
        TRY(ref_unit(a, known, &unit_id));
        if (*id && *id != unit_id)
            return bh_fail(a->call, NAME_MAPPED, printed, arena_printf(a->call->mem, "%d", (int) *id));
        if (!*id)
            map_unit(a, unit_id, printed, known, ret_new);
        *id = unit_id;
    }
    return NULL;
}

bh_err *printed_keep_units(app *a, const printed_names *list) {
    for (size_t i = 0; i < list->n; i++) {
        Bh__AddUnitAliasRequest *request = (Bh__AddUnitAliasRequest *) remote_request(a, add_alias);
        ProtobufCMessage *response;
        request->unit_id = list->ids[i];
        request->alias = list->at[i];
        TRY(command_send(a, add_alias, &request->base, NULL, &response));
    }
    return NULL;
}

bh_err *printed_map_leaders(app *a, printed_names *list) {
    const char *text, *printed, *known;
    int32_t *id;
    for (size_t i = 0; (text = args_nth(&a->args, "leader", i)); i++) {
        TRY(read_mapping(a, list, "leader", text, &id, &printed, &known));
        TRY(ref_leader(a, known, id));
    }
    return NULL;
}

size_t printed_report_unknown(app *a, const printed_names *list, const char *option) {
    size_t unknown = 0;
    for (size_t i = 0; i < list->n; i++) {
        if (list->ids[i])
            continue;
        unknown++;
        out_note(SAY(a, "  名录中没有：--%s '%s=…'", "  not in the directory: --%s '%s=...'"), option,
                 width_clean(a->call->mem, list->at[i]));
    }
    return unknown;
}
