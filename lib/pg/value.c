#include <string.h>

#include "pg/pg.h"

pg_value pg_null(void) {
    return (pg_value){ .kind = PG_NULL };
}

pg_value pg_bool(bool value) {
    return (pg_value){ .kind = PG_BOOL, .number = value };
}

pg_value pg_int(int64_t value) {
    return (pg_value){ .kind = PG_INT, .number = value };
}

pg_value pg_text(const char *value) {
    return value ? (pg_value){ .kind = PG_TEXT, .bytes = value, .size = strlen(value) } : pg_null();
}

pg_value pg_bytes(const void *bytes, size_t n) {
    return (pg_value){ .kind = PG_BYTES, .bytes = bytes, .size = n };
}

pg_value pg_uuid(const uuid *value) {
    return value ? (pg_value){ .kind = PG_UUID, .bytes = value->b, .size = UUID_SIZE } : pg_null();
}

pg_value pg_date(int32_t days) {
    return (pg_value){ .kind = PG_DATE, .number = days };
}

pg_value pg_ints(const int32_t *values, size_t n) {
    return (pg_value){ .kind = PG_INTS, .bytes = values, .size = n };
}

pg_value pg_texts(const char *const *values, size_t n) {
    return (pg_value){ .kind = PG_TEXTS, .bytes = values, .size = n };
}
