#include "jobs.h"

#include "bihuan/v1/target_service.pb-c.h"
#include "domain/calendar.h"
#include "domain/period.h"
#include "progress_sql.h"
#include "service/outbox.h"
#include "store.h"

enum { DAY_INTERVAL_MS = 1000, SHEETS_MAX = 1000 };

/* Keeps the day that the doors go by, and opens the month's sheets: once a day, so that nothing missed stays missed. */
static bh_err *turn_day(bh_call *c, UNUSED service_runtime *runtime, bool *ret_again) {
    int32_t day = day_at(c->now_ms), found;
    bool is_new;
    TRY(progress_store_turn_day(c, day, &is_new));
    if (!is_new)
        return NULL;
    TRY(progress_store_open_month(c, period_of(day), SHEETS_MAX, &found));
    *ret_again = found == SHEETS_MAX;
    return *ret_again ? NULL : progress_store_mark_opened(c, day);
}

static const outbox_route routes[] = { { &bh__target_service__descriptor } };

static const outbox events = {
    .take = &progress_sql[PROGRESS_SQL_OUTBOX_TAKE],
    .done = &progress_sql[PROGRESS_SQL_OUTBOX_DONE],
    .retry = &progress_sql[PROGRESS_SQL_OUTBOX_RETRY],
    .bury = &progress_sql[PROGRESS_SQL_OUTBOX_BURY],
    .routes = routes,
    .route_count = countof(routes),
};

static bh_err *drain(bh_call *c, service_runtime *runtime, bool *ret_again) {
    return outbox_drain(c, runtime, &events, ret_again);
}

const service_job progress_jobs[PROGRESS_JOB_COUNT] = {
    { "turn_day", DAY_INTERVAL_MS, turn_day },
    { "outbox", OUTBOX_INTERVAL_MS, drain },
};
