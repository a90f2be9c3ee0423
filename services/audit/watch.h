/* The stream of what changes: the log, read from a place on and then as it grows. */
#pragma once

#include "base/call.h"
#include "bihuan/v1/audit_service.pb-c.h"
#include "rpc/handler.h"

/* The log has grown to this size; true when that is news. From any thread. */
bool watch_tell(int64_t size);
/* One step of WatchChanges: req->first_index moves on over what was looked at. */
MUST bh_err *watch_step(bh_call *c, Bh__WatchChangesRequest *req, Bh__WatchChangesResponse *resp, rpc_step *ret_step);
