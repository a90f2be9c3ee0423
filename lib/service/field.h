/* Checks of a request's fields: BAD_FIELD with the field's name when the value cannot be used. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "base/uuid.h"

enum { TEXT_MAX = 8000, WORD_MAX = 500, LIST_MAX = 50 };
enum { DRAFTS_MAX = 1000, TARGETS_MAX = 2000, SHARES_MAX = 100, ROUNDS_MAX = 1000 }; /* of one import; of one target */

/* One line of at most `max` bytes, without control characters; a name holds more than white space. */
MUST bh_err *field_line(bh_call *call, const char *field, const char *value, size_t max);
MUST bh_err *field_name(bh_call *call, const char *field, const char *value, size_t max);
/* A name by which a unit or a person is known: nothing in it is invisible. */
MUST bh_err *field_called(bh_call *call, const char *field, const char *value, size_t max);
/* The same for texts that may have newlines and tabs. */
MUST bh_err *field_text(bh_call *call, const char *field, const char *value, size_t max);
MUST bh_err *field_needed(bh_call *call, const char *field, const char *value, size_t max);
/* Empty, or more than white space. */
MUST bh_err *field_filled(bh_call *call, const char *field, const char *value, size_t max);
/* least <= value <= most. */
MUST bh_err *field_range(bh_call *call, const char *field, int64_t value, int64_t least, int64_t most);
MUST bh_err *field_limit(bh_call *call, const char *field, size_t n, size_t max);
MUST bh_err *field_uuid(bh_call *call, const char *field, const char *value, uuid *ret_id);
/* A decimal string that numeric holds exactly: at most 18 digits before and 9 behind the point. */
MUST bh_err *field_decimal(bh_call *call, const char *field, const char *value);
/* Printed lines, counted from 1; 0 = none. */
MUST bh_err *field_printed(bh_call *call, const char *field, int32_t first, int32_t last);
/* A SHA-256 in lower-case hex: a file has one name. */
MUST bh_err *field_digest(bh_call *call, const char *field, const char *value, uint8_t *ret_digest);
/* The caller's unit's import of this document in this round; IMPORT_FOREIGN for an id that is any other's. */
MUST bh_err *field_import(bh_call *call, const char *import, const char *document_digest, int32_t round,
                          uuid *ret_import);
/* "YYYY-MM". */
MUST bh_err *field_period(bh_call *call, const char *field, const char *value, int32_t *ret_period);
