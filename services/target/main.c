#include "handlers.h"
#include "service/service.h"
#include "target_sql.h"

static const bh_service target = {
    .name = "target",
    .rpc = &target_rpc,
    .statements = target_sql,
    .statement_count = TARGET_SQL_COUNT,
};

int main(int argc, char **argv) {
    return bh_main(argc, argv, &target);
}
