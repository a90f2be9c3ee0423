#include "jobs.h"

#include "bihuan/v1/progress_service.pb-c.h"
#include "service/outbox.h"
#include "store.h"
#include "task_sql.h"

/* The events say only that tasks changed; they go out with the tasks as they are by then. */
static bh_err *task_changes(bh_call *call, const pg_rows *rows, ProtobufCMessage **ret_requests) {
    size_t n = (size_t) rows->count;
    const char **ids = arena_array(call->mem, n, sizeof(ids[0]));
    for (size_t i = 0; i < n; i++)
        ids[i] = pg_get_text(rows, (int) i, "object_id");
    Bh__Task **tasks = arena_array(call->mem, n, sizeof(tasks[0]));
    TRY(task_store_changed(call, ids, n, tasks));
    for (size_t i = 0; i < n; i++) {
        Bh__ApplyTaskChangeRequest *request = arena_alloc(call->mem, sizeof(*request));
        bh__apply_task_change_request__init(request);
        request->event_id = (char *) pg_get_text(rows, (int) i, "event_id");
        request->task = tasks[i];
        ret_requests[i] = tasks[i] ? &request->base : NULL;
    }
    return NULL;
}

static const outbox_route routes[] = { { &bh__progress_service__descriptor } };

static const outbox box = {
    .take = &task_sql[TASK_SQL_OUTBOX_TAKE],
    .done = &task_sql[TASK_SQL_OUTBOX_DONE],
    .retry = &task_sql[TASK_SQL_OUTBOX_RETRY],
    .bury = &task_sql[TASK_SQL_OUTBOX_BURY],
    .routes = routes,
    .route_count = countof(routes),
    .requests = task_changes,
};

static bh_err *drain(bh_call *call, service_runtime *runtime, bool *ret_again) {
    return outbox_drain(call, runtime, &box, ret_again);
}

const service_job task_jobs[TASK_JOB_COUNT] = {
    { .name = "outbox", .interval_ms = OUTBOX_INTERVAL_MS, .run = drain },
};
