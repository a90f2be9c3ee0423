#include "service/field.h"

#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "domain/period.h"
#include "domain/task.h"

enum { WHOLE_DIGITS_MAX = 18, FRACTION_DIGITS_MAX = 9 };

static const char digits[] = "0123456789";

typedef struct char_range {
    uint32_t first, last;
} char_range;

/* Controls, line separators, and what turns the direction of writing: with them one name can look like another. */
static const char_range controls[] = { { 0x00, 0x1f }, { 0x7f, 0x9f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0 } };

/* What takes no room: with it two names look the same. */
static const char_range invisible[] = {
    { 0xad, 0xad }, { 0x200b, 0x200f }, { 0x2060, 0x2065 }, { 0xfeff, 0xfeff }, { 0 }
};

static bool is_among(uint32_t character, const char_range *ranges) {
    for (; ranges->last; ranges++)
        if (character >= ranges->first && character <= ranges->last)
            return true;
    return false;
}

/* None of the characters `refused` but those `allowed`. */
static bh_err *check_characters(bh_call *call, const char *field, const char *value, const char_range *refused,
                                const char *allowed) {
    for (const char *p = value, *end = value + strlen(value); p < end;) {
        const char *here = p;
        uint32_t character = utf8_next(&p, end);
        if (is_among(character, refused) && !strchr(allowed, *here))
            return bh_fail(call, CONTROL_CHARACTER, field, arena_printf(call->mem, "U+%04X", (unsigned) character));
    }
    return NULL;
}

/* At most `max` bytes, and of control characters none but those `allowed`. */
static bh_err *check_text(bh_call *call, const char *field, const char *value, size_t max, const char *allowed) {
    if (strlen(value) > max)
        return bh_fail_why(call, BAD_FIELD, field, TOO_LONG, arena_printf(call->mem, "%zu", max));
    return check_characters(call, field, value, controls, allowed);
}

static bh_err *check_filled(bh_call *call, const char *field, const char *value) {
    return value[strspn(value, " \t\r\n")] ? NULL : bh_fail_why(call, BAD_FIELD, field, MISSING);
}

bh_err *field_line(bh_call *call, const char *field, const char *value, size_t max) {
    return check_text(call, field, value, max, "");
}

bh_err *field_name(bh_call *call, const char *field, const char *value, size_t max) {
    TRY(check_filled(call, field, value));
    return field_line(call, field, value, max);
}

bh_err *field_called(bh_call *call, const char *field, const char *value, size_t max) {
    TRY(field_name(call, field, value, max));
    return check_characters(call, field, value, invisible, "");
}

bh_err *field_text(bh_call *call, const char *field, const char *value, size_t max) {
    return check_text(call, field, value, max, "\n\t");
}

bh_err *field_needed(bh_call *call, const char *field, const char *value, size_t max) {
    TRY(check_filled(call, field, value));
    return field_text(call, field, value, max);
}

bh_err *field_filled(bh_call *call, const char *field, const char *value, size_t max) {
    return *value ? field_needed(call, field, value, max) : NULL;
}

bh_err *field_range(bh_call *call, const char *field, int64_t value, int64_t least, int64_t most) {
    if (value < least || value > most)
        return bh_fail_why(call, BAD_FIELD, field, BEYOND, arena_printf(call->mem, "%lld", (long long) least),
                           arena_printf(call->mem, "%lld", (long long) most));
    return NULL;
}

bh_err *field_limit(bh_call *call, const char *field, size_t n, size_t max) {
    if (n > max)
        return bh_fail_why(call, BAD_FIELD, field, TOO_MANY, arena_printf(call->mem, "%zu", max));
    return NULL;
}

bh_err *field_uuid(bh_call *call, const char *field, const char *value, uuid *ret_id) {
    if (!uuid_parse(value, ret_id))
        return bh_fail_why(call, BAD_FIELD, field, NOT_UUID);
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
        return bh_fail_why(call, BAD_FIELD, field, NOT_DECIMAL);
    return NULL;
}

bh_err *field_printed(bh_call *call, const char *field, int32_t first, int32_t last) {
    return first < 0 || last < 0 ? bh_fail_why(call, BAD_FIELD, field, NOT_LINES) : NULL;
}

bh_err *field_digest(bh_call *call, const char *field, const char *value, uint8_t *ret_digest) {
    if (strspn(value, "0123456789abcdef") != 2 * SHA256_SIZE || !hex_parse(value, ret_digest, SHA256_SIZE))
        return bh_fail_why(call, BAD_FIELD, field, NOT_DIGEST);
    return NULL;
}

bh_err *field_import(bh_call *call, const char *import, const char *document_digest, int32_t round, uuid *ret_import) {
    uint8_t digest[SHA256_SIZE];
    TRY(field_uuid(call, "import_id", import, ret_import));
    TRY(field_digest(call, "document_digest", document_digest, digest));
    TRY(field_range(call, "round", round, 1, ROUNDS_MAX));
    uuid own = import_id(call->who.unit_id, document_digest, round);
    return memcmp(own.b, ret_import->b, sizeof(own.b)) == 0 ? NULL : bh_fail(call, IMPORT_FOREIGN, import);
}

bh_err *field_period(bh_call *call, const char *field, const char *value, int32_t *ret_period) {
    if (!period_parse(value, ret_period))
        return bh_fail_why(call, BAD_FIELD, field, NOT_MONTH);
    return NULL;
}
