#include "password.h"

#include <string.h>

#include "base/secret.h"
#include "base/utf8.h"
#include "service/turnstile.h"
#include "settings.h"

enum { LENGTH_MIN = 10, PASSWORD_SIZE_MAX = 1024, TURN_WAIT_MS = 5000 };

/* A hash takes 64 MB: this bounds what a flood of logins can take. */
static turnstile gate = TURNSTILE;

static bh_err *enter(bh_call *call) {
    return turnstile_enter(call, &gate, settings()->login_hashes, TURN_WAIT_MS);
}

bh_err *password_make(bh_call *call, const char *password, const char **ret_stored) {
    size_t size = strlen(password);
    if (size > PASSWORD_SIZE_MAX)
        return bh_fail_why(call, BAD_FIELD, "password", TOO_LONG, "1024");
    if (utf8_length(password, size) < LENGTH_MIN)
        return bh_fail(call, PASSWORD_TOO_SHORT, "10");
    TRY(enter(call));
    *ret_stored = password_hash(call->mem, password);
    turnstile_leave(&gate);
    return *ret_stored ? NULL : bh_fail(call, INTERNAL_ERROR, "no memory for a password hash");
}

/* The hash of a password that was thrown away, of the same cost as a real one. */
static const char nobody[] =
    "$argon2id$v=19$m=65536,t=2,p=1$pdr6WMfUKMOxQCZm1/lF6g$SgZ3u8MEay4txO0RyoMyG9GlHHOvm2R79mDAuHoTI2Q";

bh_err *password_check(bh_call *call, const char *stored, const char *password, bool *ret_matches) {
    if (strlen(password) > PASSWORD_SIZE_MAX)
        return bh_fail_why(call, BAD_FIELD, "password", TOO_LONG, "1024");
    TRY(enter(call));
    bool matches = password_matches(*stored ? stored : nobody, password);
    turnstile_leave(&gate);
    *ret_matches = matches && *stored;
    return NULL;
}
