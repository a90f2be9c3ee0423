#include "integration/directory_kit.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/hash.h"
#include "settings.h"

desk *directory;
const principal op = { .user_id = 1, .post = BH__POST__POST_OPERATOR };

const char password[] = "correct horse 督查";

void assert_reason(const bh_err *e, const char *reason) {
    assert_non_null(e);
    assert_string_equal(e->reason, reason);
}

int directory_open(void **state) {
    setenv("BIHUAN_LOGIN_ATTEMPTS", "3", 1);
    setenv("BIHUAN_LOGIN_WAIT_S", "60", 1);
    *state = directory = desk_open(&directory_service);
    assert_null(settings_load(desk_begin(directory)));
    return 0;
}

int directory_setup(UNUSED void **state) {
    desk_set_clock(directory, clock_now_ms());
    return 0;
}

/* -- makers -- */

static int serial;

char *fresh(const char *stem) {
    return desk_text(directory, "%s%d", stem, ++serial);
}

int32_t make_unit(const char *name, Bh__UnitKind kind) {
    Bh__CreateUnitRequest req = BH__CREATE_UNIT_REQUEST__INIT;
    Bh__CreateUnitResponse *resp;
    req.request_id = desk_request_id(directory);
    req.name = (char *) name;
    req.kind = kind;
    assert_null(ASK(directory, "CreateUnit", &op, req, &resp));
    assert_int_equal(resp->version, 1);
    return resp->unit_id;
}

int32_t make_user(char *login) {
    Bh__CreateUserRequest req = BH__CREATE_USER_REQUEST__INIT;
    Bh__CreateUserResponse *resp;
    req.request_id = desk_request_id(directory);
    req.login = login;
    req.name = login;
    req.password = (char *) password;
    assert_null(ASK(directory, "CreateUser", &op, req, &resp));
    return resp->user_id;
}

Bh__GrantPostRequest grant_request(int32_t user_id, int32_t version, int32_t unit_id, Bh__Post post) {
    Bh__GrantPostRequest req = BH__GRANT_POST_REQUEST__INIT;
    req.request_id = desk_request_id(directory);
    req.user_id = user_id;
    req.version = version;
    req.unit_id = unit_id;
    req.post = post;
    return req;
}

bh_err *grant(Bh__GrantPostRequest req) {
    Bh__GrantPostResponse *resp;
    return ASK(directory, "GrantPost", &op, req, &resp);
}

bh_err *log_in(char *login, const char *secret, int32_t unit_id, Bh__Post post, Bh__LoginResponse **ret) {
    Bh__LoginRequest req = BH__LOGIN_REQUEST__INIT;
    req.login = login;
    req.password = (char *) secret;
    req.unit_id = unit_id;
    req.post = post;
    return ASK(directory, "Login", &op, req, ret);
}

bh_err *check_token(const char *token, int64_t at_ms, Bh__CheckSessionResponse **ret) {
    uint8_t *digest = arena_alloc(desk_mem(directory), SHA256_SIZE);
    sha256(token, strlen(token), digest);
    Bh__CheckSessionRequest req = BH__CHECK_SESSION_REQUEST__INIT;
    req.token_hash = (ProtobufCBinaryData){ SHA256_SIZE, digest };
    int64_t now_ms = desk_now(directory);
    desk_set_clock(directory, at_ms);
    bh_err *e = ASK(directory, "CheckSession", &op, req, ret);
    desk_set_clock(directory, now_ms);
    return e;
}
