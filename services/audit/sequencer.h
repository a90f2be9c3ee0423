/* The sequencer: gives the entries in the queue their places in the log. */
#pragma once

#include "base/call.h"

enum { SEQUENCER_INTERVAL_MS = 150, SEQUENCER_BATCH = 1024 };

/* One batch, one transaction. Any number of sequencers may run: one of them wins, the others do nothing. *ret_size: so
 * many entries are in the log, at least; *ret_again: the queue holds more. */
MUST bh_err *sequencer_run(bh_call *c, int64_t *ret_size, bool *ret_again);
