/* Logins and sessions through the handlers: who gets in, and who is out, from when on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/hash.h"
#include "domain/calendar.h"
#include "integration/directory_kit.h"
#include "password.h"
#include "settings.h"

typedef struct hand {
    char *login;
    int32_t user_id;
    int32_t unit_id;
    Bh__LoginResponse *session;
} hand;

static hand make_hand(void) {
    hand h = { .login = fresh("hand") };
    h.user_id = make_user(h.login);
    h.unit_id = make_unit(fresh("处"), BH__UNIT_KIND__UNIT_KIND_DEPARTMENT);
    assert_null(grant(grant_request(h.user_id, 1, h.unit_id, BH__POST__POST_HANDLER)));
    assert_null(log_in(h.login, password, 0, 0, &h.session));
    return h;
}

static void test_login(UNUSED void **state) {
    hand h = make_hand();
    Bh__CheckSessionResponse *who;
    assert_int_equal(h.session->user->user_id, h.user_id);
    assert_int_equal(h.session->post->post, BH__POST__POST_HANDLER);
    assert_null(check_token(h.session->token, desk_now(directory), &who));
    assert_int_equal(who->user_id, h.user_id);
    assert_int_equal(who->unit_id, h.unit_id);
    assert_int_equal(who->post, BH__POST__POST_HANDLER);
    assert_string_equal(who->login, h.login);
    assert_string_equal(desk_sql(directory,
                                 "select count(*) from directory.session where position('%s' in session::text) > 0",
                                 h.session->token),
                        "0");
    assert_reason(check_token("another token", desk_now(directory), &who), "LOGIN_NEEDED");
}

static const char *entries(const char *action, const char *about) {
    return desk_sql(directory,
                    "select count(*) from audit.pending where position('%s'::bytea in leaf) > 0 "
                    "and position('%s'::bytea in leaf) > 0",
                    action, about);
}

/* A session has a chain of its own: who came in, in which post, and that they left. */
static void test_logins_are_audited(UNUSED void **state) {
    hand h = make_hand();
    uint8_t digest[SHA256_SIZE];
    sha256(h.session->token, strlen(h.session->token), digest);
    const char *id = uuid_text(desk_mem(directory), uuid_derive((uuid){ 0 }, hex(desk_mem(directory), digest, 32)));
    assert_string_equal(entries("Login", id), "1");
    assert_string_equal(desk_sql(directory,
                                 "select count(*) from audit.pending a join directory.session s "
                                 "on sha256('\\x00'::bytea || a.leaf) = s.leaf_hash "
                                 "and position(int4send(s.user_id) || int4send(%d) || int4send(1) in a.leaf) > 0 "
                                 "where s.user_id = %d",
                                 (int) h.unit_id, (int) h.user_id),
                        "1");
    desk_sql(directory, "create table public.left%d as select leaf_hash from directory.session where user_id = %d",
             (int) h.user_id, (int) h.user_id);
    Bh__LogoutRequest req = BH__LOGOUT_REQUEST__INIT;
    Bh__LogoutResponse *resp;
    const principal me = { .user_id = h.user_id, .unit_id = h.unit_id, .post = BH__POST__POST_HANDLER };
    req.token_hash = (ProtobufCBinaryData){ SHA256_SIZE, digest };
    for (int i = 0; i < 2; i++) /* there is nothing to leave the second time */
        assert_null(ASK(directory, "Logout", &me, req, &resp));
    assert_string_equal(entries("Logout", id), "1");
    assert_string_equal(desk_sql(directory,
                                 "select count(*) from audit.pending a, public.left%d l "
                                 "where l.leaf_hash = substring(a.leaf from octet_length(a.leaf) - 31)",
                                 (int) h.user_id),
                        "1");
    assert_string_equal(entries("", password), "0");
}

static void test_session_ends_by_time(UNUSED void **state) {
    hand h = make_hand();
    Bh__CheckSessionResponse *who;
    int64_t idle_ms = settings()->session_idle_s * 1000, max_ms = settings()->session_max_s * 1000;
    assert_reason(check_token(h.session->token, desk_now(directory) + idle_ms, &who), "LOGIN_NEEDED");
    assert_null(check_token(h.session->token, desk_now(directory) + idle_ms - 1, &who)); /* and that keeps it alive */
    assert_null(check_token(h.session->token, desk_now(directory) + idle_ms + 1000, &who));
    for (int64_t t = idle_ms; t < max_ms; t += idle_ms / 2)
        assert_null(check_token(h.session->token, desk_now(directory) + t, &who));
    assert_reason(check_token(h.session->token, desk_now(directory) + max_ms, &who), "LOGIN_NEEDED");
}

static void test_logout(UNUSED void **state) {
    hand h = make_hand();
    uint8_t digest[SHA256_SIZE];
    sha256(h.session->token, strlen(h.session->token), digest);
    Bh__LogoutRequest req = BH__LOGOUT_REQUEST__INIT;
    Bh__LogoutResponse *resp;
    Bh__CheckSessionResponse *who;
    req.token_hash = (ProtobufCBinaryData){ SHA256_SIZE, digest };
    assert_null(ASK(directory, "Logout", &op, req, &resp));
    assert_reason(check_token(h.session->token, desk_now(directory), &who), "LOGIN_NEEDED");
    req.token_hash.len = 5;
    assert_reason(ASK(directory, "Logout", &op, req, &resp), "BAD_FIELD");
}

static void test_revoked_post_ends_its_sessions(UNUSED void **state) {
    hand h = make_hand();
    Bh__RevokePostRequest req = BH__REVOKE_POST_REQUEST__INIT;
    Bh__RevokePostResponse *resp;
    Bh__CheckSessionResponse *who;
    Bh__LoginResponse *again;
    req.request_id = desk_request_id(directory);
    req.user_id = h.user_id;
    req.version = 2;
    req.unit_id = h.unit_id;
    req.post = BH__POST__POST_HEAD;
    assert_reason(ASK(directory, "RevokePost", &op, req, &resp), "POST_NOT_GRANTED");
    req.post = BH__POST__POST_HANDLER;
    assert_null(ASK(directory, "RevokePost", &op, req, &resp));
    assert_int_equal(resp->version, 3);
    assert_reason(check_token(h.session->token, desk_now(directory), &who), "LOGIN_NEEDED");
    assert_reason(log_in(h.login, password, 0, 0, &again), "POST_NOT_HELD");
}

/* The rows of the session are put back, as a login that overtakes the command would: still no entry. */
static void test_disabled_user_is_out_at_once(UNUSED void **state) {
    hand h = make_hand();
    desk_sql(directory, "create table public.kept%d as select * from directory.session where user_id = %d",
             (int) h.user_id, (int) h.user_id);
    Bh__DisableUserRequest req = BH__DISABLE_USER_REQUEST__INIT;
    Bh__DisableUserResponse *resp;
    Bh__CheckSessionResponse *who;
    Bh__LoginResponse *again;
    req.request_id = desk_request_id(directory);
    req.user_id = h.user_id;
    req.version = 2;
    assert_null(ASK(directory, "DisableUser", &op, req, &resp));
    assert_reason(check_token(h.session->token, desk_now(directory), &who), "LOGIN_NEEDED");
    desk_sql(directory, "insert into directory.session select * from public.kept%d", (int) h.user_id);
    assert_reason(check_token(h.session->token, desk_now(directory), &who), "LOGIN_NEEDED");
    assert_reason(log_in(h.login, password, 0, 0, &again), "LOGIN_FAILED");
    assert_reason(grant(grant_request(h.user_id, 3, h.unit_id, BH__POST__POST_HEAD)), "ACCOUNT_CLOSED");
}

static void test_posts_have_days(UNUSED void **state) {
    char *login = fresh("user");
    int32_t user = make_user(login), unit = make_unit(fresh("局"), BH__UNIT_KIND__UNIT_KIND_DEPARTMENT);
    int32_t today = day_at(desk_now(directory));
    Bh__GrantPostRequest later = grant_request(user, 1, unit, BH__POST__POST_HANDLER);
    later.first_day = day_text(desk_mem(directory), today + 1);
    assert_null(grant(later));
    Bh__LoginResponse *session;
    Bh__CheckSessionResponse *who;
    assert_reason(log_in(login, password, 0, 0, &session), "POST_NOT_HELD");
    Bh__GrantPostRequest now = grant_request(user, 2, unit, BH__POST__POST_HEAD);
    now.last_day = day_text(desk_mem(directory), today);
    assert_null(grant(now));
    assert_null(log_in(login, password, 0, 0, &session));
    assert_int_equal(session->post->post, BH__POST__POST_HEAD);
    assert_null(check_token(session->token, desk_now(directory), &who));
    desk_sql(directory,
             "update directory.post_grant set first_day = '2020-01-01', last_day = '2020-01-01' "
             "where user_id = %d and post = 2",
             (int) user);
    assert_reason(check_token(session->token, desk_now(directory), &who), "LOGIN_NEEDED");
}

static void test_choice_of_post(UNUSED void **state) {
    hand h = make_hand();
    Bh__LoginResponse *session;
    assert_null(grant(grant_request(h.user_id, 2, h.unit_id, BH__POST__POST_HEAD)));
    assert_reason(log_in(h.login, password, 0, 0, &session), "POST_NEEDED");
    assert_reason(log_in(h.login, password, h.unit_id, BH__POST__POST_LEADER, &session), "POST_NOT_HELD");
    assert_null(log_in(h.login, password, h.unit_id, BH__POST__POST_HEAD, &session));
    assert_int_equal(session->post->post, BH__POST__POST_HEAD);
    const principal me = { .user_id = h.user_id, .unit_id = h.unit_id, .post = BH__POST__POST_HEAD };
    Bh__GetMeRequest req = BH__GET_ME_REQUEST__INIT;
    Bh__GetMeResponse *resp;
    assert_null(ASK(directory, "GetMe", &me, req, &resp));
    assert_int_equal(resp->user->n_posts, 2);
    assert_int_equal(resp->post->post, BH__POST__POST_HEAD);
    assert_int_equal(resp->unit->unit_id, h.unit_id);
}

static void test_throttle(UNUSED void **state) {
    hand h = make_hand();
    Bh__LoginResponse *session;
    for (int i = 0; i < 3; i++)
        assert_reason(log_in(h.login, "not this one", 0, 0, &session), "LOGIN_FAILED");
    assert_reason(log_in(h.login, password, 0, 0, &session), "LOGIN_THROTTLED");
    desk_set_clock(directory, desk_now(directory) + 59000);
    assert_reason(log_in(h.login, password, 0, 0, &session), "LOGIN_THROTTLED");
    desk_set_clock(directory, desk_now(directory) + 1000);
    assert_string_equal(entries("LockOut", h.login), "1");
    assert_null(log_in(h.login, password, 0, 0, &session));
    for (int i = 0; i < 3; i++)
        assert_reason(log_in(h.login, "not this one", 0, 0, &session), "LOGIN_FAILED");
    assert_string_equal(entries("LockOut", h.login), "1");
    assert_reason(log_in(h.login, password, 0, 0, &session), "LOGIN_THROTTLED");
    assert_string_equal(entries("LockOut", h.login), "2");
}

/* Whoever makes up names fills neither the log nor the disk. */
static void test_made_up_logins_leave_no_entry(UNUSED void **state) {
    Bh__LoginResponse *session;
    char *longest = desk_text(directory, "%0*d", 70000, 1), *ghost = fresh("ghost");
    for (int i = 0; i < 3; i++)
        assert_reason(log_in(ghost, password, 0, 0, &session), "LOGIN_FAILED");
    assert_reason(log_in(ghost, password, 0, 0, &session), "LOGIN_THROTTLED");
    assert_reason(log_in(longest, password, 0, 0, &session), "LOGIN_FAILED");
    assert_string_equal(entries("LockOut", ghost), "0");
}

/* A login that nobody has is refused in the same words and after the same work. */
static void test_unknown_login(UNUSED void **state) {
    hand h = make_hand();
    Bh__LoginResponse *session;
    char *ghost = fresh("ghost");
    assert_reason(log_in(ghost, password, 0, 0, &session), "LOGIN_FAILED");
    struct timespec a, b, d;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    assert_reason(log_in(h.login, "wrong password", 0, 0, &session), "LOGIN_FAILED");
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    assert_reason(log_in(ghost, "wrong password", 0, 0, &session), "LOGIN_FAILED");
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &d);
    double known = (double) (b.tv_sec - a.tv_sec) + (double) (b.tv_nsec - a.tv_nsec) / 1e9;
    double unknown = (double) (d.tv_sec - b.tv_sec) + (double) (d.tv_nsec - b.tv_nsec) / 1e9;
    assert_true(unknown > known / 2);
}

static void test_change_password(UNUSED void **state) {
    hand h = make_hand();
    const principal me = { .user_id = h.user_id, .unit_id = h.unit_id, .post = BH__POST__POST_HANDLER };
    Bh__ChangePasswordRequest req = BH__CHANGE_PASSWORD_REQUEST__INIT;
    Bh__ChangePasswordResponse *resp;
    Bh__CheckSessionResponse *who;
    req.request_id = desk_request_id(directory);
    req.old_password = (char *) "not this one";
    req.new_password = (char *) "a new good one";
    assert_reason(ASK(directory, "ChangePassword", &me, req, &resp), "LOGIN_FAILED");
    req.old_password = (char *) password;
    assert_null(ASK(directory, "ChangePassword", &me, req, &resp));
    assert_int_equal(resp->version, 3);
    assert_null(ASK(directory, "ChangePassword", &me, req, &resp)); /* repeated */
    assert_int_equal(resp->version, 3);
    assert_reason(check_token(h.session->token, desk_now(directory), &who), "LOGIN_NEEDED");
    Bh__LoginResponse *session;
    assert_reason(log_in(h.login, password, 0, 0, &session), "LOGIN_FAILED");
    assert_null(log_in(h.login, "a new good one", 0, 0, &session));
}

static bh_err *change_password(const hand *h, const char *old) {
    const principal me = { .user_id = h->user_id, .unit_id = h->unit_id, .post = BH__POST__POST_HANDLER };
    Bh__ChangePasswordRequest req = BH__CHANGE_PASSWORD_REQUEST__INIT;
    Bh__ChangePasswordResponse *resp;
    req.request_id = desk_request_id(directory);
    req.old_password = (char *) old;
    req.new_password = (char *) password;
    return ASK(directory, "ChangePassword", &me, req, &resp);
}

/* A wrong old password counts as a wrong password of a login does, and both are refused and audited alike. */
static void test_wrong_old_passwords_count(UNUSED void **state) {
    hand h = make_hand();
    Bh__LoginResponse *session;
    assert_reason(change_password(&h, "not this one"), "LOGIN_FAILED");
    assert_reason(log_in(h.login, "not this one", 0, 0, &session), "LOGIN_FAILED");
    assert_reason(change_password(&h, "not this one"), "LOGIN_FAILED");
    assert_string_equal(entries("LockOut", h.login), "0");
    assert_reason(change_password(&h, password), "LOGIN_THROTTLED");
    assert_string_equal(entries("LockOut", h.login), "1");
    assert_reason(log_in(h.login, password, 0, 0, &session), "LOGIN_THROTTLED");
    desk_set_clock(directory, desk_now(directory) + 60000);
    for (int i = 0; i < 2; i++) {
        assert_reason(change_password(&h, "not this one"), "LOGIN_FAILED");
        assert_reason(log_in(h.login, "not this one", 0, 0, &session), "LOGIN_FAILED");
        assert_null(change_password(&h, password)); /* and clears the count */
    }
}

/* The new password is looked at first: a right old one is not used up by it. */
static void test_an_unfit_new_password_counts_for_nothing(UNUSED void **state) {
    hand h = make_hand();
    const principal me = { .user_id = h.user_id, .unit_id = h.unit_id, .post = BH__POST__POST_HANDLER };
    Bh__ChangePasswordRequest req = BH__CHANGE_PASSWORD_REQUEST__INIT;
    Bh__ChangePasswordResponse *resp;
    req.old_password = (char *) password;
    req.new_password = (char *) "short";
    for (int i = 0; i < 4; i++) {
        req.request_id = desk_request_id(directory);
        assert_reason(ASK(directory, "ChangePassword", &me, req, &resp), "PASSWORD_TOO_SHORT");
    }
    assert_null(change_password(&h, password));
}

static void allow_waiting(const char *waiting) {
    setenv("BIHUAN_LOGIN_WAITING", waiting, 1);
    assert_null(settings_load(desk_begin(directory)));
}

/* Whoever finds all places taken and too many waiting is told so at once, and has tried nothing. */
static void test_a_flood_locks_nobody_out(UNUSED void **state) {
    hand h = make_hand();
    Bh__LoginResponse *session;
    allow_waiting("0");
    for (int i = 0; i < settings()->login_hashes; i++)
        assert_null(password_enter(desk_begin(directory)));
    for (int i = 0; i < 4; i++)
        assert_reason(log_in(h.login, password, 0, 0, &session), "PASSWORDS_BUSY");
    assert_reason(change_password(&h, password), "PASSWORDS_BUSY");
    for (int i = 0; i < settings()->login_hashes; i++)
        password_leave();
    allow_waiting("48");
    assert_null(log_in(h.login, password, 0, 0, &session));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_login),
        TEST(test_logins_are_audited),
        TEST(test_session_ends_by_time),
        TEST(test_logout),
        TEST(test_revoked_post_ends_its_sessions),
        TEST(test_disabled_user_is_out_at_once),
        TEST(test_posts_have_days),
        TEST(test_choice_of_post),
        TEST(test_throttle),
        TEST(test_made_up_logins_leave_no_entry),
        TEST(test_unknown_login),
        TEST(test_change_password),
        TEST(test_wrong_old_passwords_count),
        TEST(test_an_unfit_new_password_counts_for_nothing),
        TEST(test_a_flood_locks_nobody_out),
    };
    return cmocka_run_group_tests(tests, directory_open, desk_teardown);
}
