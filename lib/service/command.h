/* What every command shares: its id, its fingerprint, its audit entry. */
#pragma once

#include "base/call.h"
#include "base/hash.h"
#include "base/uuid.h"
#include "pg/pg.h"

typedef struct command {
    uuid key;                         /* the request id: same id, same answer */
    uint8_t fingerprint[SHA256_SIZE]; /* of method, person, unit, post and payload; the session does not count */
} command;

/* How a combining statement answers for one command; the numbers stand in the .sql files. */
typedef enum command_answer {
    OUTCOME_OK,
    OUTCOME_NOT_FOUND,
    OUTCOME_STALE,
    OUTCOME_REFUSED,
    OUTCOME_DUPLICATE,
    OUTCOME_KEY_REUSED,
} command_answer;

/* Checks that request_id is a UUIDv7 made in the last 29 days (and not in the future) and fingerprints the call. */
MUST bh_err *command_begin(bh_call *call, const char *request_id, command *ret_command);
/* The command a bulk command makes for one of its objects: key derived from both ids, same fingerprint. */
command command_for(const command *bulk, const char *object_id);

/* Body of the audit entry for the effect of this command (domain/leaf.h); `note` may be "". */
pg_value command_leaf(bh_call *call, const command *cmd, const char *object_type, const char *object_id,
                      int32_t version, const char *action, const char *note);

/* The digest of what a command says besides its id, for objects that may be said again under another one. */
pg_value command_content(bh_call *call, const ProtobufCMessage *request);

/* NULL for OK and DUPLICATE; the error of NOT_FOUND, STALE (column `version` = the newer one) and KEY_REUSED.
 * REFUSED is the caller's: only it knows the reason. */
MUST bh_err *command_outcome(bh_call *call, const command *cmd, const pg_rows *rows, const char *object);
