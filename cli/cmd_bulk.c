#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "bulk.h"
#include "cmd.h"
#include "command.h"
#include "fill.h"
#include "label.h"
#include "list.h"
#include "out.h"
#include "progress.h"

static const remote_method list_tasks = { &bh__task_service__descriptor, "ListTasks" };

enum {
    DRAFT = BH__TASK_STATE__TASK_STATE_DRAFT,
    PENDING = BH__TASK_STATE__TASK_STATE_PENDING_APPROVAL,
    STATES_MAX = 2
};

/* In which states a move may be made of many tasks at once. What was issued is nobody's to end by the dozen. */
typedef struct bulk_row {
    const char *method;
    int states[STATES_MAX]; /* 0 = no further one */
} bulk_row;

static const bulk_row bulk_rows[] = {
    { "SubmitTask", { DRAFT } },
    { "IssueTask", { PENDING } },
    { "SetTasks", { DRAFT } },
    { "Apply", { DRAFT, PENDING } },
    { "DecideApplication", { DRAFT, PENDING } },
};

static const bulk_row *row_of(const char *method) {
    size_t i = 0;
    while (i < countof(bulk_rows) && strcmp(bulk_rows[i].method, method) != 0)
        i++;
    assert(i < countof(bulk_rows));
    return &bulk_rows[i];
}

/* Adds the import's tasks of one state behind the n that are there. */
static bh_err *add_tasks(app *a, const char *import_id, int state, Bh__Task **tasks, size_t *n) {
    Bh__ListTasksRequest *request = (Bh__ListTasksRequest *) remote_request(a, list_tasks);
    Bh__Task **more;
    size_t more_n;
    request->import_id = arena_strdup(a->call->mem, import_id);
    request->state = (Bh__TaskState) state;
    TRY(list_all(a, list_tasks, &request->base, LIST_MAX, (ProtobufCMessage ***) &more, &more_n));
    if (more_n)
        memcpy(tasks + *n, more, more_n * sizeof(*more));
    *n += more_n;
    return NULL;
}

/* What is about one command does not go with many. */
static bh_err *refuse_for_many(app *a, const char *option) {
    return args_get(&a->args, option) ? bh_fail(a->call, OPTIONS_EXCLUSIVE, "all", option) : NULL;
}

/* Why there is nothing to do: no such import, or none of its tasks in a state where the method applies. */
static bh_err *tell_none(app *a, const char *import_id, const bulk_row *row) {
    Bh__ListTasksRequest *request = (Bh__ListTasksRequest *) remote_request(a, list_tasks);
    ProtobufCMessage **tasks;
    bool has_more;
    size_t n;
    request->import_id = arena_strdup(a->call->mem, import_id);
    TRY(list_some(a, list_tasks, &request->base, 1, &tasks, &n, &has_more));
    if (!n)
        return bh_fail(a->call, NOT_FOUND_OBJECT,
                       arena_printf(a->call->mem, SAY(a, "导入 %s 的任务", "A task of the import %s"), import_id));
    buf states;
    buf_init(&states, a->call->mem);
    for (size_t i = 0; i < STATES_MAX && row->states[i]; i++)
        buf_addf(&states, "%s%s", i ? SAY(a, "、", " or ") : "",
                 label_of(&bh__task_state__descriptor, row->states[i], a->is_english));
    out_note(SAY(a, "导入 %s 没有处于“%s”状态的任务，无需办理",
                 "The import %s has no task in the state %s: there is nothing to do."),
             import_id, states.s);
    return NULL;
}

bh_err *bulk_tasks(app *a, const char *method, Bh__Task ***ret_tasks, size_t *ret_n) {
    const char *import_id = args_get(&a->args, "import");
    if (!import_id)
        return bh_fail(a->call, OPTION_MISSING, "--import");
    TRY(refuse_for_many(a, "request-id"));
    TRY(refuse_for_many(a, "version"));
    const bulk_row *row = row_of(method);
    *ret_tasks = arena_array(a->call->mem, STATES_MAX * LIST_MAX, sizeof(**ret_tasks));
    *ret_n = 0;
    for (size_t i = 0; i < STATES_MAX && row->states[i]; i++)
        TRY(add_tasks(a, import_id, row->states[i], *ret_tasks, ret_n));
    return *ret_n ? NULL : tell_none(a, import_id, row);
}

bool bulk_is_over(const app *a, size_t n) {
    return !n && a->out == OUT_TABLE;
}

static bh_err *move_one(app *a, remote_method method, const Bh__Task *task, ProtobufCMessage **ret_response) {
    ProtobufCMessage *request = remote_request(a, method);
    TRY(fill_request(a, request));
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(request->descriptor, "task_id");
    *(const char **) fill_slot(request, field) = task->task_id;
    return command_send(a, method, request, NULL, ret_response);
}

/* A refused task does not stop the others; it does when nobody can be asked any more. */
static bool is_fatal(const bh_err *error) {
    return !remote_is_settled(error) || error->code == BH_UNAUTHENTICATED;
}

static bh_err *run_all(app *a, remote_method method, bulk_one one, Bh__Task *const *tasks, size_t n) {
    ProtobufCMessage **done = arena_array(a->call->mem, n, sizeof(*done));
    bh_err *first = NULL;
    size_t n_done = 0;
    progress bar;
    progress_begin(&bar, n);
    for (size_t i = 0; i < n && !(first && is_fatal(first)); i++) {
        bh_err *error = one(a, method, tasks[i], &done[n_done]);
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
    out_list(a, "tasks", remote_describe(method)->output, "task_id version state", done, n_done);
    return first;
}

bh_err *bulk_run(app *a, remote_method method, bulk_one one) {
    Bh__Task **tasks;
    size_t n;
    TRY(bulk_tasks(a, method.name, &tasks, &n));
    return bulk_is_over(a, n) ? NULL : run_all(a, method, one, tasks, n);
}

bh_err *cmd_task_bulk(app *a, const verb *v) {
    return args_get(&a->args, "task") ? verb_command(a, v) : bulk_run(a, v->method, move_one);
}
