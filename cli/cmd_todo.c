#include <string.h>

#include "bihuan/v1/progress_service.pb-c.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "cmd.h"
#include "list.h"
#include "out.h"

static const remote_method of_tasks = { &bh__task_service__descriptor, "ListTodo" };
static const remote_method of_reports = { &bh__progress_service__descriptor, "ListReportTodo" };

typedef struct todos {
    Bh__Todo **rows;
    size_t n;
    bool has_more;
} todos;

static bh_err *ask(app *a, remote_method method, size_t limit, todos *ret_todos) {
    return list_some(a, method, remote_request(a, method), limit, (ProtobufCMessage ***) &ret_todos->rows,
                     &ret_todos->n, &ret_todos->has_more);
}

/* What has no last day comes last. */
static bool is_sooner(const Bh__Todo *one, const Bh__Todo *other) {
    return *one->due && (!*other->due || strcmp(one->due, other->due) < 0);
}

/* Both lists are by their last days already. */
static todos merge(app *a, const todos *tasks, const todos *reports, size_t limit) {
    todos all = { .rows = arena_array(a->call->mem, limit, sizeof(Bh__Todo *)) };
    size_t t = 0, r = 0;
    while (all.n < limit && (t < tasks->n || r < reports->n)) {
        bool takes_report = r < reports->n && (t == tasks->n || !is_sooner(tasks->rows[t], reports->rows[r]));
        all.rows[all.n++] = takes_report ? reports->rows[r++] : tasks->rows[t++];
    }
    all.has_more = tasks->has_more || reports->has_more || t < tasks->n || r < reports->n;
    return all;
}

bh_err *cmd_todo(app *a, UNUSED const verb *v) {
    size_t limit;
    todos tasks, reports;
    TRY(list_limit(a, &limit));
    TRY(ask(a, of_tasks, limit, &tasks));
    TRY(ask(a, of_reports, limit, &reports));
    todos all = merge(a, &tasks, &reports, limit);
    if (all.has_more)
        list_note_more(a, all.n);
    out_list(
        a, "todos", &bh__todo__descriptor,
        SAY(a, "kind due overdue_workdays task.no moves message_zh task.text +item +task.task_id +task.is_provisional",
            "kind due overdue_workdays task.no moves message_en task.text +item +task.task_id +task.is_provisional"),
        (ProtobufCMessage *const *) all.rows, all.n);
    return NULL;
}
