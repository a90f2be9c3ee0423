#include "handlers.h"
#include "jobs.h"
#include "progress_sql.h"
#include "service/service.h"

static const bh_service progress = {
    .name = "progress",
    .rpc = &progress_rpc,
    .statements = progress_sql,
    .statement_count = PROGRESS_SQL_COUNT,
    .jobs = progress_jobs,
    .job_count = PROGRESS_JOB_COUNT,
};

int main(int argc, char **argv) {
    return bh_main(argc, argv, &progress);
}
