/* Requests of the target service as checked values. */
#pragma once

#include "store.h"

MUST bh_err *target_read_import_targets(bh_call *c, const Bh__ImportTargetsRequest *req, target_import *ret_import);
MUST bh_err *target_read_list_targets(bh_call *c, const Bh__ListTargetsRequest *req, target_filter *ret_filter);
MUST bh_err *target_read_list_observations(bh_call *c, const Bh__ListObservationsRequest *req,
                                           observation_filter *ret_filter);
MUST bh_err *target_read_observations(bh_call *c, Bh__Observation **observations, size_t n);
