#include <assert.h>
#include <string.h>

#include "bihuan/v1/task_service.pb-c.h"
#include "bulk.h"
#include "cmd.h"
#include "command.h"
#include "fill.h"
#include "list.h"
#include "out.h"
#include "progress.h"

static const remote_method list_tasks = { &bh__task_service__descriptor, "ListTasks" };

/* In which state a move may be made of many tasks at once, and what is shown of its answers. */
typedef struct bulk_row {
    const char *method;
    Bh__TaskState state;
    const char *columns;
} bulk_row;

static const bulk_row bulk_rows[] = {
    { "SubmitTask", BH__TASK_STATE__TASK_STATE_DRAFT, "task_id version state" },
    { "IssueTask", BH__TASK_STATE__TASK_STATE_PENDING_APPROVAL, "task_id version state is_past_due" },
    { "SetTasks", BH__TASK_STATE__TASK_STATE_DRAFT, NULL },
};

static const bulk_row *row_of(const char *method) {
    size_t i = 0;
    while (i < countof(bulk_rows) && strcmp(bulk_rows[i].method, method) != 0)
        i++;
    assert(i < countof(bulk_rows));
    return &bulk_rows[i];
}

bh_err *bulk_tasks(app *a, const char *method, Bh__Task ***ret_tasks, size_t *ret_n) {
    const char *import_id = args_get(&a->args, "import");
    if (!args_get(&a->args, "all") || !import_id)
        return bh_fail(a->call, OPTION_MISSING, "TASK | --import ID --all");
    if (args_get(&a->args, "request-id") || args_get(&a->args, "version"))
        return bh_fail(a->call, OPTION_BAD, "request-id, --version", "--all", "TASK");
    Bh__ListTasksRequest *request = (Bh__ListTasksRequest *) remote_request(a, list_tasks);
    request->import_id = arena_strdup(a->call->mem, import_id);
    request->state = row_of(method)->state;
    return list_all(a, list_tasks, &request->base, LIST_MAX, (ProtobufCMessage ***) ret_tasks, ret_n);
}

static bh_err *move_one(app *a, const verb *v, const Bh__Task *task, ProtobufCMessage **ret_response) {
    ProtobufCMessage *request = remote_request(a, v->method);
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(request->descriptor, "task_id");
    *(const char **) fill_slot(request, field) = task->task_id;
    return command_send(a, v->method, request, NULL, ret_response);
}

/* A refused task does not stop the others; it does when nobody can be asked any more. */
static bool is_fatal(const bh_err *error) {
    return !remote_is_settled(error) || error->code == BH_UNAUTHENTICATED;
}

static bh_err *move_all(app *a, const verb *v, Bh__Task *const *tasks, size_t n) {
    ProtobufCMessage **done = arena_array(a->call->mem, n, sizeof(*done));
    bh_err *first = NULL;
    size_t n_done = 0;
    progress bar;
    progress_begin(&bar, n);
    for (size_t i = 0; i < n && !(first && is_fatal(first)); i++) {
        bh_err *error = move_one(a, v, tasks[i], &done[n_done]);
        n_done += !error;
        progress_step(&bar, 1);
        if (!error)
            continue;
        progress_end(&bar);
        out_note("%s %s: %s", tasks[i]->no, tasks[i]->task_id, SAY(a, error->zh, error->en));
        first = first && !is_fatal(error) ? first : error;
    }
    progress_end(&bar);
    out_note(SAY(a, "%zu 项中完成 %zu 项", "of %zu tasks %zu were done"), n, n_done);
    out_list(a, "tasks", row_of(v->method.name)->columns, done, n_done);
    return first;
}

bh_err *cmd_task_bulk(app *a, const verb *v) {
    Bh__Task **tasks;
    size_t n;
    if (args_get(&a->args, "task"))
        return verb_command(a, v);
    TRY(bulk_tasks(a, v->method.name, &tasks, &n));
    return move_all(a, v, tasks, n);
}
