/* Binary forms of PostgreSQL's types. */
#pragma once

#include <stdint.h>

#include "base/arena.h"

typedef enum pg_form {
    FORM_INTEGER, /* big-endian, with a unit and an epoch */
    FORM_RAW,     /* the text itself */
    FORM_JSONB,   /* a version byte, then the text */
    FORM_BYTES,
    FORM_UUID,
    FORM_DATE,    /* read: int4 days since 2000; written as text */
    FORM_NUMERIC, /* read: base 10000; written as text */
    FORM_TEXT,    /* every type that is not in types.def */
} pg_form;

typedef struct pg_type {
    const char *name;
    uint32_t oid;
    uint32_t array_oid;
    pg_form form;
    int bytes;
    int64_t unit;
    int64_t epoch;
} pg_type;

/* The type of this oid or name; one that types.def does not have gives a row of FORM_TEXT with oid 0. */
const pg_type *type_of_oid(uint32_t oid);
const pg_type *type_of_array_oid(uint32_t oid);
/* The oid of a declared name such as "int4[]", or 0: the server infers it. */
uint32_t type_oid_of_name(const char *name);

/* Reads a number in binary form: integers, bool, date (days since 1970), timestamptz (ms since 1970). */
int64_t type_to_int(const pg_type *type, const char *bytes, int size);
/* The value as text, NUL-terminated, in place where it can be. `bytes` is followed by a NUL, as libpq guarantees. */
const char *type_to_text(arena *mem, const pg_type *type, const char *bytes, int size);
/* "YYYY-MM-DD" */
char *date_text(arena *mem, int64_t days);

/* Big-endian numbers. */
void put_be(char *to, int64_t value, int bytes);
int64_t get_be(const char *from, int bytes);
