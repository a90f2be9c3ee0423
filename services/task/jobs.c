#include "jobs.h"

#include "bihuan/v1/progress_service.pb-c.h"
#include "service/outbox.h"
#include "store.h"
#include "task_sql.h"

/* The event says only that the task changed; it goes out with the task as it is by then. */
static bh_err *task_change(bh_call *call, const pg_rows *rows, int row, ProtobufCMessage **ret_request) {
    Bh__ApplyTaskChangeRequest *request = arena_alloc(call->mem, sizeof(*request));
    bh__apply_task_change_request__init(request);
    request->event_id = (char *) pg_get_text(rows, row, "event_id");
    TRY(task_store_current(call, pg_get_text(rows, row, "object_id"), &request->task));
    *ret_request = &request->base;
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
    .request = task_change,
};

static bh_err *drain(bh_call *call, service_runtime *runtime, bool *ret_again) {
    return outbox_drain(call, runtime, &box, ret_again);
}

const service_job task_jobs[TASK_JOB_COUNT] = {
    { .name = "outbox", .interval_ms = OUTBOX_INTERVAL_MS, .run = drain },
};
