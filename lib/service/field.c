#include "service/field.h"

#include <string.h>

#include "base/hash.h"
#include "domain/period.h"

enum { WHOLE_DIGITS_MAX = 18, FRACTION_DIGITS_MAX = 9 };

static const char digits[] = "0123456789";

bh_err *field_text(bh_call *call, const char *field, const char *value, size_t max) {
    if (strlen(value) > max)
        return bh_fail(call, BAD_FIELD, field, arena_printf(call->mem, "at most %zu bytes", max));
    return NULL;
}

bh_err *field_needed(bh_call *call, const char *field, const char *value, size_t max) {
    if (!value[strspn(value, " \t\r\n")])
        return bh_fail(call, BAD_FIELD, field, "must not be empty");
    return field_text(call, field, value, max);
}

bh_err *field_limit(bh_call *call, const char *field, size_t n, size_t max) {
    if (n > max)
        return bh_fail(call, BAD_FIELD, field, arena_printf(call->mem, "at most %zu", max));
    return NULL;
}

bh_err *field_uuid(bh_call *call, const char *field, const char *value, uuid *ret_id) {
    if (!uuid_parse(value, ret_id))
        return bh_fail(call, BAD_FIELD, field, "a UUID");
    return NULL;
}

bh_err *field_decimal(bh_call *call, const char *field, const char *value) {
    const char *p = value + (*value == '-');
    size_t whole = strspn(p, digits), fraction = 0;
    p += whole;
    if (*p == '.') {
        fraction = strspn(++p, digits);
        p += fraction;
        whole = fraction ? whole : 0; /* "1." is no decimal */
    }
    if (*p || whole < 1 || whole > WHOLE_DIGITS_MAX || fraction > FRACTION_DIGITS_MAX)
        return bh_fail(call, BAD_FIELD, field, "a decimal number");
    return NULL;
}

bh_err *field_digest(bh_call *call, const char *field, const char *value, uint8_t *ret_digest) {
    if (strlen(value) != 2 * SHA256_SIZE || !hex_parse(value, ret_digest, SHA256_SIZE))
        return bh_fail(call, BAD_FIELD, field, "a SHA-256 in hex");
    return NULL;
}

bh_err *field_period(bh_call *call, const char *field, const char *value, int32_t *ret_period) {
    if (!period_parse(value, ret_period))
        return bh_fail(call, BAD_FIELD, field, "YYYY-MM");
    return NULL;
}
