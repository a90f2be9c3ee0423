/* What can be set of logins and sessions. */
#pragma once

#include <stdint.h>

#include "base/call.h"

typedef struct directory_settings {
    int64_t session_idle_s;
    int64_t session_max_s;
    int64_t login_attempts;
    int64_t login_wait_s;
    int64_t login_hashes;
    int64_t login_waiting;
} directory_settings;

/* Reads BIHUAN_SESSION_*, BIHUAN_LOGIN_*; called once, before the first call is served. */
MUST bh_err *settings_load(bh_call *call);
const directory_settings *settings(void);
