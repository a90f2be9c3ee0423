#include "ref.h"

#include <string.h>

#include "base/buf.h"
#include "base/uuid.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "label.h"
#include "list.h"
#include "remote.h"
#include "width.h"

enum { PREFIX_MIN = 4, CANDIDATES_SHOWN = 5, TITLE_COLUMNS = 40 };

static const remote_method list_tasks = { &bh__task_service__descriptor, "ListTasks" };
static const remote_method get_task = { &bh__task_service__descriptor, "GetTask" };
static const remote_method resolve_units = { &bh__directory_service__descriptor, "ResolveUnits" };
static const remote_method resolve_leaders = { &bh__directory_service__descriptor, "ResolveLeaders" };
static const remote_method list_users = { &bh__directory_service__descriptor, "ListUsers" };
static const remote_method get_me = { &bh__directory_service__descriptor, "GetMe" };
static const remote_method list_reports = { &bh__progress_service__descriptor, "ListReports" };

static bool is_uuid(const char *text) {
    uuid id;
    return uuid_parse(text, &id);
}

static bool is_number(const char *text, int32_t *ret_number) {
    char *end;
    long long number = strtoll(text, &end, 10);
    *ret_number = (int32_t) number;
    return *text >= '0' && *text <= '9' && !*end && number <= INT32_MAX;
}

/* Where some of the tasks have not ended, those alone; keeps their order. */
static size_t keep_living(Bh__Task **tasks, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (tasks[i]->state != BH__TASK_STATE__TASK_STATE_TERMINATED)
            tasks[kept++] = tasks[i];
    return kept ? kept : n;
}

/* The one task of the candidates, of those that live before those that ended; several are an error that lists the first
 * of them. */
static bh_err *only_task(app *a, const char *text, Bh__Task **tasks, size_t n, const char **ret_id) {
    buf names;
    if (n == 0)
        return bh_fail(a->call, NOT_FOUND_OBJECT, text);
    n = keep_living(tasks, n);
    *ret_id = tasks[0]->task_id;
    if (n == 1)
        return NULL;
    buf_init(&names, a->call->mem);
    for (size_t i = 0; i < n && i < CANDIDATES_SHOWN; i++)
        buf_addf(&names, "%s%s  %s  %s  %s", i ? "; " : "", tasks[i]->task_id, tasks[i]->no,
                 label_of(&bh__task_state__descriptor, (int32_t) tasks[i]->state, a->is_english),
                 width_cut(a->call->mem, tasks[i]->text, TITLE_COLUMNS));
    if (n > CANDIDATES_SHOWN)
        buf_addf(&names, SAY(a, "；共 %zu 项", "; %zu in all"), n);
    return bh_fail(a->call, AMBIGUOUS_NAME, text, names.s);
}

static bh_err *tasks_numbered(app *a, const char *no, Bh__Task ***ret_tasks, size_t *ret_n) {
    const char *import_id = args_get(&a->args, "import");
    Bh__ListTasksRequest *request = (Bh__ListTasksRequest *) remote_request(a, list_tasks);
    request->no = arena_strdup(a->call->mem, no);
    if (import_id)
        request->import_id = arena_strdup(a->call->mem, import_id);
    return list_all(a, list_tasks, &request->base, LIST_PAGE, (ProtobufCMessage ***) ret_tasks, ret_n);
}

/* Tasks whose id begins with the text, among all the caller sees. */
static bh_err *tasks_beginning(app *a, const char *prefix, Bh__Task ***ret_tasks, size_t *ret_n) {
    size_t n, kept = 0;
    TRY(list_all(a, list_tasks, remote_request(a, list_tasks), LIST_MAX, (ProtobufCMessage ***) ret_tasks, &n));
    for (size_t i = 0; i < n; i++)
        if (strncmp((*ret_tasks)[i]->task_id, prefix, strlen(prefix)) == 0)
            (*ret_tasks)[kept++] = (*ret_tasks)[i];
    *ret_n = kept;
    return NULL;
}

bh_err *ref_task(app *a, const char *text, const char **ret_id) {
    Bh__Task **tasks;
    size_t n;
    *ret_id = text;
    if (!*text) /* it would fit every task */
        return bh_fail(a->call, OPTION_BAD, "task", text, option_find("task")->meta);
    if (is_uuid(text))
        return NULL;
    TRY(tasks_numbered(a, text, &tasks, &n));
    bool may_be_prefix = strlen(text) >= PREFIX_MIN && strspn(text, "0123456789abcdef-") == strlen(text);
    if (n == 0 && may_be_prefix)
        TRY(tasks_beginning(a, text, &tasks, &n));
    return only_task(a, text, tasks, n, ret_id);
}

bh_err *ref_get_task(app *a, const char *task_id, Bh__Task **ret_task) {
    Bh__GetTaskRequest *request = (Bh__GetTaskRequest *) remote_request(a, get_task);
    Bh__GetTaskResponse *response;
    request->task_id = arena_strdup(a->call->mem, task_id);
    TRY(remote_call(a, get_task, &request->base, (ProtobufCMessage **) &response));
    *ret_task = response->task;
    return response->task ? NULL : bh_fail(a->call, NOT_FOUND_OBJECT, task_id);
}

bh_err *ref_unit(app *a, const char *text, int32_t *ret_id) {
    if (is_number(text, ret_id))
        return NULL;
    Bh__ResolveUnitsRequest *request = (Bh__ResolveUnitsRequest *) remote_request(a, resolve_units);
    Bh__ResolveUnitsResponse *response;
    char *names[] = { arena_strdup(a->call->mem, text) };
    request->names = names;
    request->n_names = 1;
    TRY(remote_call(a, resolve_units, &request->base, (ProtobufCMessage **) &response));
    if (response->n_units != 1 || response->units[0]->unit_id == 0)
        return bh_fail(a->call, UNIT_UNKNOWN, text);
    *ret_id = response->units[0]->unit_id;
    return NULL;
}

bh_err *ref_find_user(app *a, const char *text, Bh__User **ret_user) {
    Bh__User **users;
    int32_t number = 0;
    bool has_number = is_number(text, &number);
    size_t n;
    TRY(list_all(a, list_users, remote_request(a, list_users), LIST_MAX, (ProtobufCMessage ***) &users, &n));
    for (size_t i = 0; i < n; i++)
        if (strcmp(users[i]->login, text) == 0 || (has_number && users[i]->user_id == number)) {
            *ret_user = users[i];
            return NULL;
        }
    return bh_fail(a->call, NOT_FOUND_OBJECT, text);
}

bh_err *ref_user(app *a, const char *text, int32_t *ret_id) {
    Bh__User *user;
    if (is_number(text, ret_id))
        return NULL;
    TRY(ref_find_user(a, text, &user));
    *ret_id = user->user_id;
    return NULL;
}

bh_err *ref_leader(app *a, const char *text, int32_t *ret_id) {
    if (is_number(text, ret_id))
        return NULL;
    Bh__ResolveLeadersRequest *request = (Bh__ResolveLeadersRequest *) remote_request(a, resolve_leaders);
    Bh__ResolveLeadersResponse *response;
    char *names[] = { arena_strdup(a->call->mem, text) };
    request->names = names;
    request->n_names = 1;
    TRY(remote_call(a, resolve_leaders, &request->base, (ProtobufCMessage **) &response));
    *ret_id = response->n_user_ids == 1 ? response->user_ids[0] : 0;
    return *ret_id ? NULL : ref_user(a, text, ret_id);
}

static bh_err *own_unit(app *a, int32_t *ret_id) {
    Bh__GetMeResponse *me;
    TRY(remote_call(a, get_me, remote_request(a, get_me), (ProtobufCMessage **) &me));
    *ret_id = me->post ? me->post->unit_id : 0;
    return NULL;
}

bh_err *ref_own_report(app *a, const char *task_id, const char *period, Bh__Report **ret_report) {
    Bh__ListReportsRequest *request = (Bh__ListReportsRequest *) remote_request(a, list_reports);
    Bh__Report **reports;
    int32_t unit_id;
    size_t n;
    request->task_id = arena_strdup(a->call->mem, task_id);
    request->period = arena_strdup(a->call->mem, period);
    TRY(own_unit(a, &unit_id));
    TRY(list_all(a, list_reports, &request->base, LIST_PAGE, (ProtobufCMessage ***) &reports, &n));
    *ret_report = NULL;
    for (size_t i = 0; i < n; i++)
        if (reports[i]->unit_id == unit_id)
            *ret_report = reports[i];
    return NULL;
}

bh_err *ref_report(app *a, const char *text, const char **ret_id) {
    const char *at = strchr(text, '@'), *task_id;
    Bh__Report *report;
    *ret_id = text;
    if (!at)
        return is_uuid(text) ? NULL : bh_fail(a->call, OPTION_BAD, "report", text, "UUID | TASK@YYYY-MM");
    TRY(ref_task(a, arena_strndup(a->call->mem, text, (size_t) (at - text)), &task_id));
    TRY(ref_own_report(a, task_id, at + 1, &report));
    if (!report)
        return bh_fail(a->call, NOT_FOUND_OBJECT, text);
    *ret_id = report->report_id;
    return NULL;
}

bh_err *ref_application(app *a, const Bh__Task *task, const char *text, const Bh__Application **ret_application) {
    size_t n = 0;
    buf found;
    buf_init(&found, a->call->mem);
    if (text && !*text)
        return bh_fail(a->call, OPTION_BAD, "application", text, option_find("application")->meta);
    if (!text && task->n_applications)
        *ret_application = task->applications[task->n_applications - 1];
    for (size_t i = 0; i < task->n_applications; i++) {
        const Bh__Application *one = task->applications[i];
        bool is_meant = text ? strncmp(one->application_id, text, strlen(text)) == 0
                             : one->state == BH__APPLICATION_STATE__APPLICATION_STATE_OPEN;
        if (!is_meant)
            continue;
        *ret_application = one;
        buf_addf(&found, "%s%s  %s  %s", n++ ? "; " : "", one->application_id,
                 label_of(&bh__application_kind__descriptor, one->kind, a->is_english), one->unit_name);
    }
    if (n == 0 && (text || !task->n_applications))
        return bh_fail(a->call, NOT_FOUND_OBJECT, text ? text : SAY(a, "待决定的申请", "an open application"));
    if (n <= 1)
        return NULL;
    return text ? bh_fail(a->call, AMBIGUOUS_NAME, text, found.s)
                : bh_fail(a->call, APPLICATIONS_OPEN, *task->no ? task->no : task->task_id,
                          arena_printf(a->call->mem, "%zu", n), found.s);
}
