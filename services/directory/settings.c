#include "settings.h"

#include <stddef.h>

#include "base/conf.h"

#define SETTING(field) offsetof(directory_settings, field)
static const conf_row conf[] = {
    { "SESSION_IDLE_S", CONF_INT, SETTING(session_idle_s), "7200",
      "a session ends after so many seconds without a call" },
    { "SESSION_MAX_S", CONF_INT, SETTING(session_max_s), "43200", "a session ends after so many seconds" },
    { "LOGIN_ATTEMPTS", CONF_INT, SETTING(login_attempts), "5", "failed logins before the next must wait" },
    { "LOGIN_WAIT_S", CONF_INT, SETTING(login_wait_s), "60", "how long it must wait" },
    { "LOGIN_HASHES", CONF_INT, SETTING(login_hashes), "2", "passwords looked at in the same moment, 64 MB each" },
    { "LOGIN_WAITING", CONF_INT, SETTING(login_waiting), "48", "passwords that wait for it; fewer than workers" },
};

static directory_settings loaded;

bh_err *settings_load(bh_call *call) {
    return conf_load(call, conf, countof(conf), &loaded);
}

const directory_settings *settings(void) {
    return &loaded;
}
