/* Commands whose outcome is not known yet: their ids are kept before they are sent, so that the same command, given
 * again after a lost answer or a crash, goes out under the same id and takes effect once. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "app.h"

/* What the repeat must send again: id and version, for the rest is what the person types again. */
typedef struct journal_entry {
    const char *path;       /* of the file; made from server, login, method and the request without id and version */
    const char *request_id; /* NULL: nothing kept */
    int32_t version;
    int64_t kept_ms; /* when, ms since 1970 UTC */
} journal_entry;

/* Looks for a kept entry of this command; one older than JOURNAL_DAYS is dropped, a new one gets its path only. */
enum { JOURNAL_DAYS = 7 };
journal_entry journal_find(app *a, const char *method, const ProtobufCMessage *bare_request);
/* Keeps the entry, durably. Errors: FILE_UNWRITABLE. */
MUST bh_err *journal_keep(app *a, const journal_entry *entry);
/* The outcome is known. */
void journal_drop(const journal_entry *entry);
