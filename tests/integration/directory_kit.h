/* What the tests of the directory share: a pool with its rights, an operator, and makers of units, people, sessions. */
#pragma once

#include "bihuan/v1/directory_service.pb-c.h"
#include "handlers.h"
#include "integration/direct.h"

extern pg_pool *pool;
extern bh_call *op; /* an operator's, new for each test */
extern const char password[];

#define CALL(c, method, req, ret) direct_call((c), &directory_rpc, (method), &(req).base, (ProtobufCMessage **) (ret))

/* For cmocka: the group's (three failed logins, then 60 s) and each test's. */
int kit_open(void **state);
int kit_close(void **state);
int kit_setup(void **state);
int kit_teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

void assert_reason(const bh_err *e, const char *reason);
/* The stem with a number that no other has. */
char *fresh(const char *stem);
/* Made as the operator; anything but success ends the test. */
int32_t make_unit(const char *name, Bh__UnitKind kind);
int32_t make_user(char *login);
Bh__GrantPostRequest grant_request(int32_t user_id, int32_t version, int32_t unit_id, Bh__Post post);

bh_err *grant(Bh__GrantPostRequest req);
bh_err *log_in(char *login, const char *secret, int32_t unit_id, Bh__Post post, Bh__LoginResponse **ret);
/* Asks for the session of a token at a time of our own. */
bh_err *check_token(const char *token, int64_t at_ms, Bh__CheckSessionResponse **ret);
