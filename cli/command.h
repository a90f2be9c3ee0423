/* Commands: their ids are made and kept before they are sent. */
#pragma once

#include "remote.h"

/* Finds the version of the object a command is about. */
typedef bh_err *(*version_finder)(app *a, const ProtobufCMessage *request, int32_t *ret_version);

/* Sends a filled command: adds request_id and version (--request-id, --version, the journal's, or a fresh id and the
 * version that `find` gives; NULL = command_version) and forgets the id once the outcome is known.
 * Errors: the server's; ANSWER_LOST leaves the id in the journal for the repeat. */
MUST bh_err *command_send(app *a, remote_method method, ProtobufCMessage *request, version_finder find,
                          ProtobufCMessage **ret_response);

/* The newest version of the task, report, person or unit that the request names first in this order; 0 when it names
 * none. */
MUST bh_err *command_version(app *a, const ProtobufCMessage *request, int32_t *ret_version);
