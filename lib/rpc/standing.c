#include "rpc/standing.h"

enum { FAILURES_MAX = 5, EJECT_MS_MIN = 1000, EJECT_MS_MAX = 30 * 1000, DOUBLINGS_MAX = 5 };

void standing_succeeded(standing *s) {
    s->failures = 0;
}

/* Whoever returns is on probation: the next failure is one too many. */
void standing_lost(standing *s, int64_t now_ms) {
    if (now_ms - s->ejected_until_ms >= EJECT_MS_MAX)
        s->ejections = 0;
    int64_t time_ms = (int64_t) EJECT_MS_MIN << (s->ejections < DOUBLINGS_MAX ? s->ejections : DOUBLINGS_MAX);
    s->ejected_until_ms = now_ms + (time_ms < EJECT_MS_MAX ? time_ms : EJECT_MS_MAX);
    s->ejections++;
    s->failures = FAILURES_MAX - 1;
}

/* Calls that were under way already when it was ejected say nothing new. */
void standing_failed(standing *s, int64_t now_ms) {
    if (!standing_is_ejected(s, now_ms) && ++s->failures >= FAILURES_MAX)
        standing_lost(s, now_ms);
}

bool standing_is_ejected(const standing *s, int64_t now_ms) {
    return now_ms < s->ejected_until_ms;
}
