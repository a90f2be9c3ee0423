/* The allow-list: which public keys may connect to this process, and as what. */
#pragma once

#include <stdint.h>

#include "base/call.h"

enum { ALLOW_NAME_SIZE = 64 };

typedef enum allow_role {
    ALLOW_GATEWAY, /* may carry a person's principal */
    ALLOW_SERVICE, /* speaks for itself */
    ALLOW_TOOL,    /* may see whether the process is alive, nothing else */
} allow_role;

/* One line of the file: NAME ROLE PUBLIC-KEY [NOT-AFTER as YYYY-MM-DD, the last day in UTC]. */
typedef struct allow_row {
    const char *name;
    allow_role role;
    const char *public_key; /* Z85 */
    int64_t expires_ms;     /* clock_now_ms() from which the row is void; INT64_MAX = never */
} allow_row;

typedef struct allow_list allow_list;

/* Reads the file; a malformed one is an error. allow_close accepts NULL. */
MUST bh_err *allow_open(bh_call *call, const char *path, allow_list **ret_list);
void allow_close(allow_list *list);
/* Reads the file again when it changed; a malformed one is logged and the last good list stays in force. */
void allow_refresh(allow_list *list);
/* The row of a key that is valid now, or NULL; it lives until the next allow_refresh. */
const allow_row *allow_find(const allow_list *list, const char *public_key, int64_t now_ms);
