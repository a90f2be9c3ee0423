/* What the tests of the directory share: its desk, an operator, and makers of units, people, sessions. */
#pragma once

#include "bihuan/v1/directory_service.pb-c.h"
#include "handlers.h"
#include "integration/desk.h"

extern desk *directory;
extern const principal op; /* an operator */
extern const char password[];

/* For cmocka: the group's desk (three failed logins, then 60 s), and what stops its clock at each test. */
int directory_open(void **state);
int directory_setup(void **state);
#define TEST(name) cmocka_unit_test_setup(name, directory_setup)

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
