#include "handlers.h"
#include "jobs.h"
#include "task_sql.h"

static const bh_service task_service = {
    .name = "task",
    .rpc = &task_rpc,
    .statements = task_sql,
    .statement_count = TASK_SQL_COUNT,
    .jobs = task_jobs,
    .job_count = TASK_JOB_COUNT,
};

int main(int argc, char **argv) {
    return bh_main(argc, argv, &task_service);
}
