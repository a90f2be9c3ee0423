#include "pg/types.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/uuid.h"

enum { DAYS_TO_2000 = 10957, SECONDS_A_DAY = 86400 };

static const pg_type types[] = {
#define INTEGER(name, oid, array_oid, bytes, unit, epoch) { #name, oid, array_oid, FORM_INTEGER, bytes, unit, epoch },
#define OTHER(name, oid, array_oid, form) { #name, oid, array_oid, form, 0, 0, 0 },
#include "pg/types.def"
#undef INTEGER
#undef OTHER
};

static const pg_type other_type = { .name = "other", .form = FORM_TEXT };

/* Searched one by one: sixteen rows, and the common types stand first. */
const pg_type *type_of_oid(uint32_t oid) {
    for (size_t i = 0; i < countof(types); i++)
        if (types[i].oid == oid)
            return &types[i];
    return &other_type;
}

const pg_type *type_of_array_oid(uint32_t oid) {
    for (size_t i = 0; i < countof(types); i++)
        if (types[i].array_oid && types[i].array_oid == oid)
            return &types[i];
    return &other_type;
}

uint32_t type_oid_of_name(const char *name) {
    size_t n = strcspn(name, "[");
    for (size_t i = 0; i < countof(types); i++)
        if (strlen(types[i].name) == n && memcmp(types[i].name, name, n) == 0)
            return name[n] ? types[i].array_oid : types[i].oid;
    return 0;
}

void put_be(char *to, int64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; i--) {
        to[i] = (char) (value & 0xff);
        value >>= 8;
    }
}

int64_t get_be(const char *from, int bytes) {
    uint64_t value = (signed char) from[0] < 0 ? UINT64_MAX : 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | (unsigned char) from[i];
    return (int64_t) value;
}

int64_t type_to_int(const pg_type *type, const char *bytes, int size) {
    if (type->form == FORM_DATE)
        return get_be(bytes, size) + DAYS_TO_2000;
    assert(type->form == FORM_INTEGER && size == type->bytes);
    return get_be(bytes, size) / type->unit + type->epoch;
}

char *date_text(arena *mem, int64_t days) {
    struct tm day;
    time_t seconds = (time_t) days * SECONDS_A_DAY;
    gmtime_r(&seconds, &day);
    return arena_printf(mem, "%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

/* The binary form: int16 digit count, weight, sign, display scale, then digits in base 10000. */
static const char *numeric_text(arena *mem, const char *bytes) {
    enum { NEGATIVE = 0x4000, SPECIAL = 0xC000, HEAD = 8, DIGITS = 4 };
    int n = (int) get_be(bytes, 2);
    int weight = (int) get_be(bytes + 2, 2);
    int sign = (int) get_be(bytes + 4, 2) & 0xffff;
    size_t scale = (size_t) get_be(bytes + 6, 2);
    if ((sign & SPECIAL) == SPECIAL)
        return sign == SPECIAL ? "NaN" : "Infinity";
    buf out;
    buf_init(&out, mem);
    buf_adds(&out, sign == NEGATIVE ? "-" : "");
    buf_adds(&out, weight < 0 ? "0" : "");
    for (int i = 0; i <= weight; i++)
        buf_addf(&out, i ? "%04d" : "%d", i < n ? (int) get_be(bytes + HEAD + 2 * i, 2) : 0);
    if (!scale)
        return out.s;
    buf_addc(&out, '.');
    size_t point = out.n;
    for (int i = weight + 1; out.n < point + scale; i++)
        buf_addf(&out, "%04d", i >= 0 && i < n ? (int) get_be(bytes + HEAD + 2 * i, 2) : 0);
    out.s[point + scale] = '\0';
    return out.s;
}

static const char *uuid_form_text(arena *mem, const char *bytes) {
    uuid id;
    memcpy(id.b, bytes, UUID_SIZE);
    return uuid_text(mem, id);
}

const char *type_to_text(arena *mem, const pg_type *type, const char *bytes, int size) {
    switch (type->form) {
    case FORM_INTEGER:
        return arena_printf(mem, "%lld", (long long) type_to_int(type, bytes, size));
    case FORM_DATE:
        return date_text(mem, type_to_int(type, bytes, size));
    case FORM_NUMERIC:
        return numeric_text(mem, bytes);
    case FORM_UUID:
        return uuid_form_text(mem, bytes);
    case FORM_JSONB:
        return bytes + 1;
    case FORM_RAW:
    case FORM_BYTES:
    case FORM_TEXT:
        return bytes;
    }
    return bytes;
}
