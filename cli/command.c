#include "command.h"

#include <assert.h>
#include <string.h>

#include "base/uuid.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "fill.h"
#include "journal.h"
#include "list.h"
#include "out.h"
#include "ref.h"

static const remote_method get_report = { &bh__progress_service__descriptor, "GetReport" };
static const remote_method list_units = { &bh__directory_service__descriptor, "ListUnits" };

static bh_err *task_version(app *a, const void *slot, int32_t *ret_version) {
    Bh__Task *task;
    TRY(ref_get_task(a, *(const char *const *) slot, &task));
    *ret_version = task->version;
    return NULL;
}

static bh_err *report_version(app *a, const void *slot, int32_t *ret_version) {
    Bh__GetReportRequest *request = (Bh__GetReportRequest *) remote_request(a, get_report);
    Bh__GetReportResponse *response;
    request->report_id = *(char *const *) slot;
    TRY(remote_call(a, get_report, &request->base, (ProtobufCMessage **) &response));
    *ret_version = response->report ? response->report->version : 0;
    return NULL;
}

static bh_err *user_version(app *a, const void *slot, int32_t *ret_version) {
    Bh__User *user;
    TRY(ref_find_user(a, arena_printf(a->call->mem, "%d", *(const int32_t *) slot), &user));
    *ret_version = user->version;
    return NULL;
}

static bh_err *unit_version(app *a, const void *slot, int32_t *ret_version) {
    Bh__Unit **units;
    size_t n;
    TRY(list_all(a, list_units, remote_request(a, list_units), LIST_MAX, (ProtobufCMessage ***) &units, &n));
    for (size_t i = 0; i < n; i++)
        if (units[i]->unit_id == *(const int32_t *) slot)
            *ret_version = units[i]->version;
    return NULL;
}

static const struct {
    const char *field;
    bh_err *(*find)(app *a, const void *slot, int32_t *ret_version);
} finders[] = {
    { "task_id", task_version },
    { "report_id", report_version },
    { "user_id", user_version },
    { "unit_id", unit_version },
};

static void *slot_named(const ProtobufCMessage *message, const char *name) {
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    return field ? fill_slot((ProtobufCMessage *) (uintptr_t) message, field) : NULL;
}

bh_err *command_version(app *a, const ProtobufCMessage *request, int32_t *ret_version) {
    *ret_version = 0;
    for (size_t i = 0; i < countof(finders); i++) {
        const void *slot = slot_named(request, finders[i].field);
        if (slot)
            return finders[i].find(a, slot, ret_version);
    }
    return NULL;
}

/* The version to send: the one the caller saw, or the newest. */
static bh_err *choose_version(app *a, const ProtobufCMessage *request, version_finder find, int32_t *ret_version) {
    const char *given = args_get(&a->args, "version");
    *ret_version = 0;
    if (!slot_named(request, "version"))
        return NULL;
    if (given)
        return app_number(a, "version", given, 0, INT32_MAX, ret_version);
    return find ? find(a, request, ret_version) : command_version(a, request, ret_version);
}

static void stamp(app *a, ProtobufCMessage *request, const journal_entry *entry) {
    int32_t *version = slot_named(request, "version");
    char **request_id = slot_named(request, "request_id");
    assert(request_id);
    *request_id = arena_strdup(a->call->mem, entry->request_id);
    if (version)
        *version = entry->version;
}

static bh_err *send_fresh(app *a, remote_method method, ProtobufCMessage *request, version_finder find,
                          journal_entry *entry, ProtobufCMessage **ret_response) {
    TRY(choose_version(a, request, find, &entry->version));
    entry->request_id = uuid_text(a->call->mem, uuid_v7(a->call->now_ms));
    TRY(journal_keep(a, entry));
    stamp(a, request, entry);
    return remote_call(a, method, request, ret_response);
}

/* A kept command goes out as it was. STALE_VERSION says that it had never arrived: then it is a new command. */
static bh_err *send_again(app *a, remote_method method, ProtobufCMessage *request, version_finder find,
                          journal_entry *entry, ProtobufCMessage **ret_response) {
    out_note(SAY(a, "上次执行同一命令没有得到答复，沿用命令编号 %s",
                 "The same command was left without an answer; its id %s is used again."),
             entry->request_id);
    stamp(a, request, entry);
    bh_err *error = remote_call(a, method, request, ret_response);
    if (!error || strcmp(error->reason, "STALE_VERSION") != 0)
        return error;
    return send_fresh(a, method, request, find, entry, ret_response);
}

static bh_err *send_given(app *a, remote_method method, ProtobufCMessage *request, version_finder find,
                          const char *request_id, ProtobufCMessage **ret_response) {
    journal_entry entry = { .request_id = request_id };
    uuid parsed;
    if (!uuid_parse(request_id, &parsed) || !uuid_is_v7(parsed))
        return bh_fail(a->call, OPTION_BAD, "request-id", request_id, "UUIDv7");
    TRY(choose_version(a, request, find, &entry.version));
    stamp(a, request, &entry);
    return remote_call(a, method, request, ret_response);
}

bh_err *command_send(app *a, remote_method method, ProtobufCMessage *request, version_finder find,
                     ProtobufCMessage **ret_response) {
    const char *given = args_get(&a->args, "request-id");
    if (given)
        return send_given(a, method, request, find, given, ret_response);
    journal_entry entry = journal_find(a, method.name, request);
    bh_err *error = entry.request_id ? send_again(a, method, request, find, &entry, ret_response)
                                     : send_fresh(a, method, request, find, &entry, ret_response);
    if (remote_is_settled(error))
        journal_drop(&entry);
    return error;
}
