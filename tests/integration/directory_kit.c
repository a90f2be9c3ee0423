#include "integration/directory_kit.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "directory_sql.h"
#include "settings.h"

pg_pool *pool;
bh_call *op;

const char password[] = "correct horse 督查";

void assert_reason(const bh_err *e, const char *reason) {
    assert_non_null(e);
    assert_string_equal(e->reason, reason);
}

int kit_open(UNUSED void **state) {
    setenv("BIHUAN_LOGIN_ATTEMPTS", "3", 1);
    setenv("BIHUAN_LOGIN_WAIT_S", "60", 1);
    bh_call *c = call_new("test", 1000);
    assert_null(settings_load(c));
    call_free(c);
    pool = direct_open("directory", directory_sql, DIRECTORY_SQL_COUNT);
    return 0;
}

int kit_close(UNUSED void **state) {
    pg_pool_close(pool);
    return 0;
}

int kit_setup(UNUSED void **state) {
    op = direct_caller(pool, 1, 0, BH__POST__POST_OPERATOR);
    return 0;
}

int kit_teardown(UNUSED void **state) {
    call_free(op);
    return 0;
}

/* -- makers -- */

static int serial;

char *fresh(const char *stem) {
    return arena_printf(op->mem, "%s%d", stem, ++serial);
}

int32_t make_unit(const char *name, Bh__UnitKind kind) {
    Bh__CreateUnitRequest req = BH__CREATE_UNIT_REQUEST__INIT;
    Bh__CreateUnitResponse *resp;
    req.request_id = direct_request_id(op);
    req.name = arena_strdup(op->mem, name);
    req.kind = kind;
    assert_null(CALL(op, "CreateUnit", req, &resp));
    assert_int_equal(resp->version, 1);
    return resp->unit_id;
}

int32_t make_user(char *login) {
    Bh__CreateUserRequest req = BH__CREATE_USER_REQUEST__INIT;
    Bh__CreateUserResponse *resp;
    req.request_id = direct_request_id(op);
    req.login = login;
    req.name = login;
    req.password = (char *) password;
    assert_null(CALL(op, "CreateUser", req, &resp));
    return resp->user_id;
}

Bh__GrantPostRequest grant_request(int32_t user_id, int32_t version, int32_t unit_id, Bh__Post post) {
    Bh__GrantPostRequest req = BH__GRANT_POST_REQUEST__INIT;
    req.request_id = direct_request_id(op);
    req.user_id = user_id;
    req.version = version;
    req.unit_id = unit_id;
    req.post = post;
    return req;
}

bh_err *grant(Bh__GrantPostRequest req) {
    Bh__GrantPostResponse *resp;
    return CALL(op, "GrantPost", req, &resp);
}

bh_err *log_in(char *login, const char *secret, int32_t unit_id, Bh__Post post, Bh__LoginResponse **ret) {
    Bh__LoginRequest req = BH__LOGIN_REQUEST__INIT;
    req.login = login;
    req.password = (char *) secret;
    req.unit_id = unit_id;
    req.post = post;
    return CALL(op, "Login", req, ret);
}

bh_err *check_token(const char *token, int64_t at_ms, Bh__CheckSessionResponse **ret) {
    uint8_t *digest = arena_alloc(op->mem, SHA256_SIZE);
    sha256(token, strlen(token), digest);
    Bh__CheckSessionRequest req = BH__CHECK_SESSION_REQUEST__INIT;
    req.token_hash = (ProtobufCBinaryData){ SHA256_SIZE, digest };
    int64_t now_ms = op->now_ms;
    op->now_ms = at_ms;
    bh_err *e = CALL(op, "CheckSession", req, ret);
    op->now_ms = now_ms;
    return e;
}
