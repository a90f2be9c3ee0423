/* bihuan-directory [--bootstrap LOGIN] */
#include <stdio.h>
#include <string.h>

#include "bootstrap.h"
#include "directory_sql.h"
#include "handlers.h"
#include "service/service.h"
#include "settings.h"
#include "store.h"

enum { START_TIMEOUT_MS = 1000, SWEEP_INTERVAL_MS = 600 * 1000 };

static bh_err *sweep(bh_call *c, UNUSED service_runtime *runtime, UNUSED bool *ret_again) {
    return store_sweep_sessions(c);
}

static const service_job jobs[] = { { "sweep-sessions", SWEEP_INTERVAL_MS, sweep } };

static const bh_service directory_service = {
    .name = "directory",
    .rpc = &directory_rpc,
    .statements = directory_sql,
    .statement_count = DIRECTORY_SQL_COUNT,
    .jobs = jobs,
    .job_count = countof(jobs),
};

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--bootstrap") == 0)
        return bootstrap(argv[2]);
    bh_call *c = call_new("start", START_TIMEOUT_MS);
    bh_err *e = settings_load(c);
    if (e)
        fprintf(stderr, "%s\n%s\n", e->zh, e->en);
    int status = e ? bh_code_exit(e->code) : bh_main(argc, argv, &directory_service);
    call_free(c);
    return status;
}
