#include "sim/dice.h"

/* SplitMix64: every seed is good. */
uint64_t dice_next(dice *d) {
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t dice_below(dice *d, uint32_t n) {
    return (uint32_t) (dice_next(d) % n);
}

bool dice_percent(dice *d, uint32_t percent) {
    return dice_below(d, 100) < percent;
}

uuid dice_uuid_v7(dice *d, int64_t now_ms) {
    uuid id;
    for (int i = 0; i < UUID_SIZE; i++)
        id.b[i] = (uint8_t) (i < 6 ? now_ms >> (40 - 8 * i) : (int64_t) dice_next(d));
    id.b[6] = (uint8_t) ((id.b[6] & 0x0f) | 0x70);
    id.b[8] = (uint8_t) ((id.b[8] & 0x3f) | 0x80);
    return id;
}
