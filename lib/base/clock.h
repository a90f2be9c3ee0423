/* The clocks. Domain code never calls these: it is given the time. */
#pragma once

#include <stdint.h>

/* Wall clock in ms since 1970 UTC. Test builds (BIHUAN_TEST_CLOCK) add the offset in ms that stands as decimal
 * text in the file named by the environment variable BIHUAN_CLOCK_FILE; release builds never look. */
int64_t clock_now_ms(void);
/* Monotonic clock in ms, for deadlines and timeouts only. */
int64_t clock_mono_ms(void);
