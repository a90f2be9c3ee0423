/* How a server has behaved lately: one that fails again and again is passed over for a time that grows. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct standing {
    int failures;  /* without a success between them */
    int ejections; /* that followed one another soon */
    int64_t ejected_until_ms;
} standing;

void standing_succeeded(standing *s);
void standing_failed(standing *s, int64_t now_ms);
/* The connection was lost. */
void standing_lost(standing *s, int64_t now_ms);
bool standing_is_ejected(const standing *s, int64_t now_ms);
