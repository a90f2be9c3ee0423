#include "handlers.h"

#include "base/log.h"
#include "domain/task.h"
#include "request.h"
#include "service/field.h"
#include "target_sql.h"

BH_RPC(TargetService, import_targets, ImportTargetsRequest, ImportTargetsResponse) {
    command cmd;
    target_import import;
    TRY(command_begin(c, req->request_id, &cmd));
    TRY(target_read_import_targets(c, req, &import));
    return target_store_import_targets(c, &cmd, &import, &resp->target_count);
}

BH_RPC(TargetService, get_target, GetTargetRequest, GetTargetResponse) {
    uuid id;
    TRY(field_uuid(c, "target_id", req->target_id, &id));
    return target_store_get_target(c, id, &resp->target);
}

BH_RPC(TargetService, list_targets, ListTargetsRequest, ListTargetsResponse) {
    target_filter filter;
    TRY(target_read_list_targets(c, req, &filter));
    return target_store_list_targets(c, &filter, resp);
}

BH_RPC(TargetService, list_observations, ListObservationsRequest, ListObservationsResponse) {
    observation_filter filter;
    TRY(target_read_list_observations(c, req, &filter));
    return target_store_list_observations(c, &filter, resp);
}

BH_RPC(TargetService, record_observations, RecordObservationsRequest, RecordObservationsResponse) {
    uuid event_id;
    int32_t unknown;
    TRY(field_uuid(c, "event_id", req->event_id, &event_id));
    TRY(target_read_observations(c, req->observations, req->n_observations));
    TRY(target_store_record_observations(c, event_id, req->observations, req->n_observations, &unknown));
    if (unknown)
        log_event(LOG_WARN, "target.unknown", "event=%s figures=%d", req->event_id, unknown);
    return NULL;
}

static Bh__TargetService_Service vtable = BH__TARGET_SERVICE__INIT(rpc_);

static const rpc_rule rules[] = {
    { "ImportTargets", RPC_USER, POST_BIT(DRAFTER) }, { "GetTarget", RPC_USER, POSTS_AT_WORK },
    { "ListTargets", RPC_USER, POSTS_AT_WORK },       { "ListObservations", RPC_USER, POSTS_AT_WORK },
    { "RecordObservations", RPC_INTERNAL, 0 },
};
static const rpc_service rpc = {
    .vtable = &vtable.base, .rules = rules, .rule_count = countof(rules), .refuse_post = posts_refusal
};

const bh_service target_service = {
    .name = "target",
    .rpc = &rpc,
    .statements = target_sql,
    .statement_count = TARGET_SQL_COUNT,
    .hold_place = &target_sql[TARGET_SQL_HOLD_PLACE],
};
