/* Exact decimals for sums of printed numbers: no binary fractions anywhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/* The value is units / 10^scale. */
typedef struct decimal {
    int64_t units;
    int scale;
} decimal;

enum { DECIMAL_TEXT_SIZE = 24, DECIMAL_SCALE_MAX = 18 };

/* Reads [-]digits[.digits], at most 18 digits; false for anything else. */
MUST bool decimal_parse(const char *text, size_t n, decimal *ret_value);
/* False when the sum leaves the range. */
MUST bool decimal_add(decimal a, decimal b, decimal *ret_sum);
/* Multiplies by 10^power (0..12); false when the product leaves the range. */
MUST bool decimal_shift(decimal a, int power, decimal *ret_product);
/* Negative, 0 or positive, like strcmp; 1.50 equals 1.5. */
int decimal_compare(decimal a, decimal b);
/* Prints without exponent and without trailing zeros of the fraction; returns `out`. */
const char *decimal_print(decimal value, char out[DECIMAL_TEXT_SIZE]);
