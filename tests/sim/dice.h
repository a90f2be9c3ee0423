/* Chance that can be repeated: the same seed, the same throws. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"

typedef struct dice {
    uint64_t state;
} dice;

uint64_t dice_next(dice *d);
/* 0 .. n-1 */
uint32_t dice_below(dice *d, uint32_t n);
bool dice_percent(dice *d, uint32_t percent);
uuid dice_uuid_v7(dice *d, int64_t now_ms);
