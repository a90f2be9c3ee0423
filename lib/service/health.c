#include "service/health.h"

#include "bihuan/v1/health_service.pb-c.h"
#include "pg/pg.h"

BH_RPC(HealthService, check_health, CheckHealthRequest, CheckHealthResponse) {
    return pg_check(c);
}

static Bh__HealthService_Service vtable = BH__HEALTH_SERVICE__INIT(rpc_);

static const rpc_rule rules[] = { { "CheckHealth", RPC_PUBLIC, 0 } };

const rpc_service health_rpc = { .vtable = &vtable.base, .rules = rules, .rule_count = countof(rules) };
