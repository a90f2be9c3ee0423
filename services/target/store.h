/* The statements of the target service as typed functions, one per .sql file. */
#pragma once

#include "bihuan/v1/target_service.pb-c.h"
#include "service/command.h"

/* The targets' part of an import, checked; `ids` has one per target. */
typedef struct target_import {
    uuid import_id;
    Bh__Target **targets;
    const uuid *ids;
    size_t n;
    pg_value content; /* its digest */
} target_import;

/* IMPORT_DIFFERS when the import is there with other content. */
MUST bh_err *target_store_import_targets(bh_call *c, const command *cmd, const target_import *import,
                                         int32_t *ret_count);
MUST bh_err *target_store_get_target(bh_call *c, uuid target_id, Bh__Target **ret_target);

/* Which page of targets: of one task or of one import, behind a place in it. */
typedef struct target_filter {
    bool by_task;
    uuid id;
    int32_t after_place;
    int32_t row_max;
} target_filter;
MUST bh_err *target_store_list_targets(bh_call *c, const target_filter *filter, Bh__ListTargetsResponse *ret_page);

/* Which page of observations; the five `after` parts are the key of the last row shown. */
typedef struct observation_filter {
    uuid target_id;
    bool has_after;
    int32_t after_period;
    int64_t after_unit;
    uuid after_report;
    int64_t after_version;
    int64_t after_place;
    int32_t row_max;
} observation_filter;
MUST bh_err *target_store_list_observations(bh_call *c, const observation_filter *filter,
                                            Bh__ListObservationsResponse *ret_page);

/* *ret_unknown: figures for targets that nobody imported; they are left out. */
MUST bh_err *target_store_record_observations(bh_call *c, uuid event_id, Bh__Observation **observations, size_t n,
                                              int32_t *ret_unknown);
