#include "password.h"

#include <string.h>

#include "base/secret.h"
#include "base/utf8.h"
#include "service/turnstile.h"
#include "settings.h"

enum { LENGTH_MIN = 10, PASSWORD_SIZE_MAX = 1024, HASH_MS = 1000, RETRY_S = 5 };

/* A hash takes 64 MB: this bounds what a flood of logins can take. */
static turnstile gate = TURNSTILE;

/* Who waits holds a worker: the other workers are for those who are logged in. HASH_MS of the deadline are for the
 * hash. */
bh_err *password_enter(bh_call *call) {
    const turnstile_limits limits = {
        .inside = settings()->login_hashes,
        .waiting = settings()->login_waiting,
        .until_ms = call->deadline_ms - HASH_MS,
    };
    return turnstile_enter(&gate, limits) ? NULL
                                          : bh_fail(call, PASSWORDS_BUSY, arena_printf(call->mem, "%d", RETRY_S));
}

void password_leave(void) {
    turnstile_leave(&gate);
}

bh_err *password_check_size(bh_call *call, const char *password) {
    if (strlen(password) > PASSWORD_SIZE_MAX)
        return bh_fail_why(call, BAD_FIELD, "password", TOO_LONG, arena_printf(call->mem, "%d", PASSWORD_SIZE_MAX));
    return NULL;
}

bh_err *password_check_new(bh_call *call, const char *password) {
    TRY(password_check_size(call, password));
    if (utf8_length(password, strlen(password)) < LENGTH_MIN)
        return bh_fail(call, PASSWORD_TOO_SHORT, arena_printf(call->mem, "%d", LENGTH_MIN));
    return NULL;
}

bh_err *password_make(bh_call *call, const char *password, const char **ret_stored) {
    TRY(password_check_new(call, password));
    TRY(password_enter(call));
    *ret_stored = password_hash(call->mem, password);
    password_leave();
    return *ret_stored ? NULL : bh_fail(call, INTERNAL_ERROR, "no memory for a password hash");
}

/* The hash of a password that was thrown away, of the same cost as a real one. */
static const char nobody[] =
    "$argon2id$v=19$m=65536,t=2,p=1$pdr6WMfUKMOxQCZm1/lF6g$SgZ3u8MEay4txO0RyoMyG9GlHHOvm2R79mDAuHoTI2Q";

bool password_fits(const char *stored, const char *password) {
    return password_matches(*stored ? stored : nobody, password) && *stored;
}
