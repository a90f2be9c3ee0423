#include "audit_sql.h"
#include "handlers.h"
#include "sequencer.h"
#include "service/service.h"

static bh_err *sequence(bh_call *c, UNUSED service_runtime *runtime, bool *ret_again) {
    return sequencer_run(c, ret_again);
}

static const service_job jobs[] = { { "sequencer", SEQUENCER_INTERVAL_MS, sequence } };

static const bh_service audit_service = {
    .name = "audit",
    .rpc = &audit_rpc,
    .statements = audit_sql,
    .statement_count = AUDIT_SQL_COUNT,
    .jobs = jobs,
    .job_count = countof(jobs),
};

int main(int argc, char **argv) {
    return bh_main(argc, argv, &audit_service);
}
