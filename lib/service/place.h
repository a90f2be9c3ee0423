/* Where a service runs: every instance holds a lease on its place in the database, and tells its callers where the
 * others are (docs/PROTOCOL.md, "Several servers"). */
#pragma once

#include "service/service.h"

enum { PLACE_INTERVAL_MS = 5000, PLACE_LEASE_MS = 3 * PLACE_INTERVAL_MS };

/* Holds the place for a while longer; for service_job.run. Who listens on every address and was not told its place
 * (BIHUAN_PLACE) holds none. */
MUST bh_err *place_hold(bh_call *call, service_runtime *runtime, bool *ret_again);
