#include "base/decimal.h"

#include <stdio.h>

static int64_t power_of_ten(int power) {
    int64_t value = 1;
    for (int i = 0; i < power; i++)
        value *= 10;
    return value;
}

bool decimal_parse(const char *text, size_t n, decimal *ret_value) {
    decimal value = { 0 };
    bool negative = n && text[0] == '-';
    bool point = false;
    int digits = 0;
    for (size_t i = negative; i < n; i++) {
        if (text[i] == '.' && !point && digits) {
            point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9' || ++digits > DECIMAL_SCALE_MAX)
            return false;
        value.units = value.units * 10 + (text[i] - '0');
        value.scale += point;
    }
    if (!digits || (point && !value.scale))
        return false;
    value.units = negative ? -value.units : value.units;
    *ret_value = value;
    return true;
}

/* The same value with a larger scale. */
static bool rescale(decimal a, int scale, int64_t *ret_units) {
    return !__builtin_mul_overflow(a.units, power_of_ten(scale - a.scale), ret_units);
}

bool decimal_add(decimal a, decimal b, decimal *ret_sum) {
    int scale = a.scale > b.scale ? a.scale : b.scale;
    int64_t left, right;
    ret_sum->scale = scale;
    return rescale(a, scale, &left) && rescale(b, scale, &right) &&
           !__builtin_add_overflow(left, right, &ret_sum->units);
}

bool decimal_shift(decimal a, int power, decimal *ret_product) {
    int spent = power < a.scale ? power : a.scale;
    ret_product->scale = a.scale - spent;
    return !__builtin_mul_overflow(a.units, power_of_ten(power - spent), &ret_product->units);
}

int decimal_compare(decimal a, decimal b) {
    int scale = a.scale > b.scale ? a.scale : b.scale;
    __int128 left = (__int128) a.units * power_of_ten(scale - a.scale);
    __int128 right = (__int128) b.units * power_of_ten(scale - b.scale);
    return (left > right) - (left < right);
}

const char *decimal_print(decimal value, char out[DECIMAL_TEXT_SIZE]) {
    while (value.scale && value.units % 10 == 0) {
        value.units /= 10;
        value.scale--;
    }
    int64_t one = power_of_ten(value.scale);
    const char *sign = value.units < 0 ? "-" : "";
    int64_t whole = value.units / one, part = value.units % one;
    whole = whole < 0 ? -whole : whole;
    part = part < 0 ? -part : part;
    if (value.scale)
        snprintf(out, DECIMAL_TEXT_SIZE, "%s%lld.%0*lld", sign, (long long) whole, value.scale, (long long) part);
    else
        snprintf(out, DECIMAL_TEXT_SIZE, "%s%lld", sign, (long long) whole);
    return out;
}
