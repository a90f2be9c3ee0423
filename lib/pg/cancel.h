/* The wish that a statement under way shall end, told to the server. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

/* True when the server has signalled the connection's process: whatever is sent on the connection from then on is safe
 * from the signal. False: it may strike at any time, or never. Waits until clock_mono_ms() is until_ms at most. */
bool cancel_statement(PGconn *pq, int64_t until_ms);
