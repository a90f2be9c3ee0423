/* Units and people through the handlers, on PostgreSQL, with the rights of the directory's own role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "integration/directory_kit.h"

/* -- units -- */

static void test_unit_commands(UNUSED void **state) {
    char *alias = fresh("别名（一）");
    Bh__CreateUnitRequest req = BH__CREATE_UNIT_REQUEST__INIT;
    Bh__CreateUnitResponse *made, *again;
    req.request_id = desk_request_id(directory);
    req.name = fresh("单位");
    req.aliases = &alias;
    req.n_aliases = 1;
    req.kind = BH__UNIT_KIND__UNIT_KIND_COUNTY;
    assert_null(ASK(directory, "CreateUnit", &op, req, &made));
    assert_null(ASK(directory, "CreateUnit", &op, req, &again));
    assert_int_equal(again->unit_id, made->unit_id);
    assert_int_equal(again->version, 1);
    req.kind = BH__UNIT_KIND__UNIT_KIND_ZONE;
    assert_reason(ASK(directory, "CreateUnit", &op, req, &again), "REQUEST_ID_REUSED");
    req.request_id = desk_request_id(directory);
    assert_reason(ASK(directory, "CreateUnit", &op, req, &again), "NAME_TAKEN");
    req.name = fresh("单位");
    assert_reason(ASK(directory, "CreateUnit", &op, req, &again), "NAME_TAKEN"); /* its alias is */
    req.office_unit_id = 1 << 30;
    assert_reason(ASK(directory, "CreateUnit", &op, req, &again), "NOT_FOUND_OBJECT");
    req.request_id = (char *) "";
    assert_reason(ASK(directory, "CreateUnit", &op, req, &again), "REQUEST_ID_MISSING");
}

static void test_names_are_one_line(UNUSED void **state) {
    char *alias = (char *) "a\u202eb";
    Bh__CreateUnitRequest unit = BH__CREATE_UNIT_REQUEST__INIT;
    Bh__CreateUserRequest user = BH__CREATE_USER_REQUEST__INIT;
    Bh__AddUnitAliasRequest spelling = BH__ADD_UNIT_ALIAS_REQUEST__INIT;
    void *resp;
    unit.request_id = user.request_id = spelling.request_id = desk_request_id(directory);
    unit.kind = BH__UNIT_KIND__UNIT_KIND_COUNTY;
    unit.name = user.name = spelling.alias = (char *) "east\nwest";
    user.login = fresh("user");
    user.password = (char *) password;
    spelling.version = 1;
    assert_reason(ASK(directory, "CreateUnit", &op, unit, &resp), "CONTROL_CHARACTER");
    assert_reason(ASK(directory, "CreateUser", &op, user, &resp), "CONTROL_CHARACTER");
    assert_reason(ASK(directory, "AddUnitAlias", &op, spelling, &resp), "CONTROL_CHARACTER");
    unit.name = user.name = spelling.alias = (char *) "east\u200b";
    assert_reason(ASK(directory, "CreateUnit", &op, unit, &resp), "CONTROL_CHARACTER");
    assert_reason(ASK(directory, "CreateUser", &op, user, &resp), "CONTROL_CHARACTER");
    assert_reason(ASK(directory, "AddUnitAlias", &op, spelling, &resp), "CONTROL_CHARACTER");
    unit.name = fresh("单位");
    unit.aliases = &alias;
    unit.n_aliases = 1;
    assert_reason(ASK(directory, "CreateUnit", &op, unit, &resp), "CONTROL_CHARACTER");
}

static bh_err *add_alias(int32_t unit_id, int32_t version, char *alias, int32_t *ret_version) {
    Bh__AddUnitAliasRequest req = BH__ADD_UNIT_ALIAS_REQUEST__INIT;
    Bh__AddUnitAliasResponse *resp;
    req.request_id = desk_request_id(directory);
    req.unit_id = unit_id;
    req.version = version;
    req.alias = alias;
    TRY(ASK(directory, "AddUnitAlias", &op, req, &resp));
    *ret_version = resp->version;
    return NULL;
}

static void test_alias_and_resolve(UNUSED void **state) {
    char *name = fresh("资源局"), *alias = fresh("局（资源） A");
    int32_t unit = make_unit(name, BH__UNIT_KIND__UNIT_KIND_DEPARTMENT), version = 0;
    assert_null(add_alias(unit, 1, alias, &version));
    assert_int_equal(version, 2);
    assert_reason(add_alias(unit, 1, fresh("x"), &version), "STALE_VERSION");
    assert_reason(add_alias(unit, 2, alias, &version), "NAME_TAKEN");
    assert_reason(add_alias(1 << 30, 2, fresh("x"), &version), "NOT_FOUND_OBJECT");
    char *names[] = { (char *) "", (char *) "谁也不是", name };
    names[0] = desk_text(directory, "局(资源)　a%s", alias + strlen("局（资源） A"));
    Bh__ResolveUnitsRequest req = BH__RESOLVE_UNITS_REQUEST__INIT;
    Bh__ResolveUnitsResponse *resp;
    req.names = names;
    req.n_names = 3;
    assert_null(ASK(directory, "ResolveUnits", &op, req, &resp));
    assert_int_equal(resp->n_units, 3);
    assert_int_equal(resp->units[0]->unit_id, unit);
    assert_int_equal(resp->units[0]->n_aliases, 1);
    assert_string_equal(resp->units[0]->aliases[0], alias);
    assert_int_equal(resp->units[1]->unit_id, 0);
    assert_string_equal(resp->units[1]->name, "");
    assert_int_equal(resp->units[2]->unit_id, unit);
    assert_int_equal(resp->units[2]->version, 2);
}

/* As a drafter: who adds aliases removes them. */
static bh_err *remove_alias(char *request_id, int32_t unit_id, int32_t version, char *alias, int32_t *ret_version) {
    const principal drafter = { .user_id = 7, .unit_id = 10, .post = BH__POST__POST_DRAFTER };
    Bh__RemoveUnitAliasRequest req = BH__REMOVE_UNIT_ALIAS_REQUEST__INIT;
    Bh__RemoveUnitAliasResponse *resp;
    req.request_id = request_id;
    req.unit_id = unit_id;
    req.version = version;
    req.alias = alias;
    TRY(ASK(directory, "RemoveUnitAlias", &drafter, req, &resp));
    assert_int_equal(resp->unit_id, unit_id);
    *ret_version = resp->version;
    return NULL;
}

/* Under a fresh request id. */
static bh_err *remove_anew(int32_t unit_id, int32_t version, char *alias) {
    int32_t ignored;
    return remove_alias(desk_request_id(directory), unit_id, version, alias, &ignored);
}

static int32_t resolve(char *name) {
    Bh__ResolveUnitsRequest req = BH__RESOLVE_UNITS_REQUEST__INIT;
    Bh__ResolveUnitsResponse *resp;
    req.names = &name;
    req.n_names = 1;
    assert_null(ASK(directory, "ResolveUnits", &op, req, &resp));
    return resp->units[0]->unit_id;
}

/* However it is written: what folds alike is one spelling. A repeat answers the same, and the spelling is free again.
 */
static void test_an_alias_is_removed(UNUSED void **state) {
    char *alias = fresh("（局） A"), *wide = desk_text(directory, "(局)a%s", alias + strlen("（局） A"));
    int32_t unit = make_unit(fresh("局"), BH__UNIT_KIND__UNIT_KIND_DEPARTMENT), version = 0;
    int32_t other = make_unit(fresh("局"), BH__UNIT_KIND__UNIT_KIND_DEPARTMENT);
    char *request_id = desk_request_id(directory);
    assert_null(add_alias(unit, 1, alias, &version));
    assert_null(remove_alias(request_id, unit, 2, wide, &version));
    assert_int_equal(version, 3);
    assert_int_equal(resolve(alias), 0);
    assert_null(add_alias(other, 1, alias, &version));
    assert_null(remove_alias(request_id, unit, 2, wide, &version));
    assert_int_equal(version, 3);
    assert_int_equal(resolve(alias), other);
    assert_string_equal(
        desk_sql(directory,
                 "select count(*) from audit.pending where position('RemoveUnitAlias'::bytea in leaf) > 0 "
                 "and position(decode(replace('%s', '-', ''), 'hex') in leaf) > 0",
                 request_id),
        "1");
}

static void test_what_no_alias_is(UNUSED void **state) {
    char *name = fresh("局"), *alias = fresh("写法");
    int32_t unit = make_unit(name, BH__UNIT_KIND__UNIT_KIND_DEPARTMENT), version = 0;
    int32_t other = make_unit(fresh("局"), BH__UNIT_KIND__UNIT_KIND_DEPARTMENT);
    assert_null(add_alias(unit, 1, alias, &version));
    assert_reason(remove_anew(unit, 2, fresh("写法")), "ALIAS_UNKNOWN");
    assert_reason(remove_anew(unit, 2, name), "ALIAS_UNKNOWN");
    assert_reason(remove_anew(other, 1, alias), "ALIAS_UNKNOWN");
    assert_reason(remove_anew(unit, 1, alias), "STALE_VERSION");
    assert_reason(remove_anew(unit, 0, alias), "BAD_FIELD");
    assert_reason(remove_anew(unit, 2, (char *) ""), "BAD_FIELD");
    assert_reason(remove_anew(1 << 30, 2, alias), "NOT_FOUND_OBJECT");
    assert_int_equal(resolve(alias), unit);
    assert_int_equal(resolve(name), unit);
    const principal head = { .user_id = 8, .unit_id = 10, .post = BH__POST__POST_OFFICE_HEAD };
    assert_starts(desk_call(directory, "RemoveUnitAlias", &head, "\"unit_id\":%d,\"version\":2,\"alias\":\"%s\"",
                            (int) unit, alias),
                  "!POST_REFUSED ");
}

/* An alias that is the name in another width is the name: none is shown, and none can be removed. */
static void test_a_name_is_not_its_alias(UNUSED void **state) {
    char *name = fresh("局（甲）"), *alias = desk_text(directory, "局(甲)%s", name + strlen("局（甲）"));
    Bh__CreateUnitRequest req = BH__CREATE_UNIT_REQUEST__INIT;
    Bh__CreateUnitResponse *made;
    req.request_id = desk_request_id(directory);
    req.name = name;
    req.aliases = &alias;
    req.n_aliases = 1;
    req.kind = BH__UNIT_KIND__UNIT_KIND_COUNTY;
    assert_null(ASK(directory, "CreateUnit", &op, req, &made));
    assert_string_equal(desk_sql(directory,
                                 "select string_agg(written, ',') from directory.spelling where unit_id = %d",
                                 (int) made->unit_id),
                        name);
    assert_reason(remove_anew(made->unit_id, 1, alias), "ALIAS_UNKNOWN");
}

static bh_err *set_members(int32_t unit_id, int32_t version, int32_t *members, size_t n, const char *first_day) {
    Bh__SetUnitMembersRequest req = BH__SET_UNIT_MEMBERS_REQUEST__INIT;
    Bh__SetUnitMembersResponse *resp;
    req.request_id = desk_request_id(directory);
    req.unit_id = unit_id;
    req.version = version;
    req.member_unit_ids = members;
    req.n_member_unit_ids = n;
    req.first_day = (char *) first_day;
    return ASK(directory, "SetUnitMembers", &op, req, &resp);
}

static void test_members(UNUSED void **state) {
    int32_t all = make_unit(fresh("各县"), BH__UNIT_KIND__UNIT_KIND_COLLECTIVE);
    int32_t members[] = { make_unit(fresh("县"), BH__UNIT_KIND__UNIT_KIND_COUNTY),
                          make_unit(fresh("县"), BH__UNIT_KIND__UNIT_KIND_COUNTY), all };
    assert_null(set_members(all, 1, members, 2, "2025-01-01"));
    assert_null(set_members(all, 2, members, 1, "2199-01-01"));
    assert_reason(set_members(all, 2, members, 1, ""), "STALE_VERSION");
    assert_reason(set_members(all, 3, members, 3, ""), "MEMBER_UNFIT");
    assert_reason(set_members(members[0], 1, members, 1, ""), "NOT_COLLECTIVE");
    assert_reason(set_members(all, 3, members, 1, "2025-02-30"), "BAD_FIELD");
    Bh__ListUnitsRequest req = BH__LIST_UNITS_REQUEST__INIT;
    Bh__ListUnitsResponse *resp;
    req.page_size = 1;
    req.page_token = desk_text(directory, "%d", (int) all - 1);
    assert_null(ASK(directory, "ListUnits", &op, req, &resp));
    assert_int_equal(resp->n_units, 1);
    assert_int_equal(resp->units[0]->n_member_unit_ids, 2);
    assert_int_equal(resp->units[0]->member_unit_ids[1], members[1]);
    assert_string_equal(resp->next_page_token, desk_text(directory, "%d", (int) all));
    req.page_token = (char *) "x";
    assert_reason(ASK(directory, "ListUnits", &op, req, &resp), "BAD_FIELD");
}

/* The largest list leaves an audit entry like any other: it says since when, its fingerprint holds the rest. */
static void test_most_members(UNUSED void **state) {
    enum { MOST = 500, FIRST = 1000000 };
    int32_t all = make_unit(fresh("各县"), BH__UNIT_KIND__UNIT_KIND_COLLECTIVE), members[MOST + 1];
    for (int32_t i = 0; i <= MOST; i++)
        members[i] = FIRST + i;
    desk_sql(directory,
             "insert into directory.unit select 1, u, 'member ' || u, 2, 0, 1, sha256('') "
             "from generate_series(%d, %d) u",
             FIRST, FIRST + MOST);
    assert_reason(set_members(all, 1, members, MOST + 1, "2025-01-01"), "BAD_FIELD");
    assert_null(set_members(all, 1, members, MOST, "2025-01-01"));
    assert_string_equal(desk_sql(directory, "select cardinality(directory.members_on(1, %d, '2025-06-01'))", (int) all),
                        "500");
    assert_string_equal(desk_sql(directory, "select max(octet_length(leaf)) < 512 from audit.pending"), "t");
    desk_sql(directory, "delete from directory.unit where unit_id >= %d", FIRST);
}

/* -- people -- */

static void test_user_commands(UNUSED void **state) {
    char *login = fresh("user");
    int32_t user = make_user(login), unit = make_unit(fresh("局"), BH__UNIT_KIND__UNIT_KIND_DEPARTMENT);
    Bh__CreateUserRequest req = BH__CREATE_USER_REQUEST__INIT;
    Bh__CreateUserResponse *resp;
    req.request_id = desk_request_id(directory);
    req.login = login;
    req.name = login;
    req.password = (char *) "short";
    assert_reason(ASK(directory, "CreateUser", &op, req, &resp), "PASSWORD_TOO_SHORT");
    req.password = (char *) password;
    assert_reason(ASK(directory, "CreateUser", &op, req, &resp), "NAME_TAKEN");
    req.login = (char *) "Upper";
    assert_reason(ASK(directory, "CreateUser", &op, req, &resp), "BAD_FIELD");
    assert_null(grant(grant_request(user, 1, unit, BH__POST__POST_HANDLER)));
    assert_reason(grant(grant_request(user, 1, unit, BH__POST__POST_HEAD)), "STALE_VERSION");
    assert_reason(grant(grant_request(user, 2, unit, BH__POST__POST_HANDLER)), "POST_HELD");
    assert_reason(grant(grant_request(user, 2, 1 << 30, BH__POST__POST_HEAD)), "NOT_FOUND_OBJECT");
    assert_reason(grant(grant_request(user, 2, 0, BH__POST__POST_HEAD)), "BAD_FIELD");
    assert_reason(grant(grant_request(1 << 30, 1, unit, BH__POST__POST_HEAD)), "NOT_FOUND_OBJECT");
}

/* The same command with another password is the same command: no password reaches a digest that is kept. */
static void test_password_is_not_in_the_fingerprint(UNUSED void **state) {
    Bh__CreateUserRequest req = BH__CREATE_USER_REQUEST__INIT;
    Bh__CreateUserResponse *made, *again;
    req.request_id = desk_request_id(directory);
    req.login = req.name = fresh("user");
    req.password = (char *) password;
    assert_null(ASK(directory, "CreateUser", &op, req, &made));
    req.password = (char *) "another good one";
    assert_null(ASK(directory, "CreateUser", &op, req, &again));
    assert_int_equal(made->user_id, again->user_id);
    req.name = fresh("user");
    assert_reason(ASK(directory, "CreateUser", &op, req, &again), "REQUEST_ID_REUSED");
}

static void test_delegation_ends(UNUSED void **state) {
    int32_t leader = make_user(fresh("leader")), deputy = make_user(fresh("deputy"));
    int32_t unit = make_unit(fresh("市领导"), BH__UNIT_KIND__UNIT_KIND_LEADERSHIP);
    assert_null(grant(grant_request(leader, 1, unit, BH__POST__POST_LEADER)));
    Bh__GrantPostRequest req = grant_request(deputy, 1, unit, BH__POST__POST_LEADER);
    req.leader_id = leader;
    assert_reason(grant(req), "BAD_FIELD");
    req.last_day = (char *) "2199-12-31";
    assert_null(grant(req));
    Bh__ListUsersRequest list = BH__LIST_USERS_REQUEST__INIT;
    Bh__ListUsersResponse *resp;
    list.unit_id = unit;
    assert_null(ASK(directory, "ListUsers", &op, list, &resp));
    assert_int_equal(resp->n_users, 2);
    assert_int_equal(resp->users[0]->posts[0]->leader_id, leader);
    assert_int_equal(resp->users[1]->posts[0]->leader_id, leader);
    assert_string_equal(resp->users[1]->posts[0]->last_day, "2199-12-31");
    char *names[] = { resp->users[0]->name, resp->users[1]->name, (char *) "nobody" };
    Bh__ResolveLeadersRequest resolve = BH__RESOLVE_LEADERS_REQUEST__INIT;
    Bh__ResolveLeadersResponse *leaders;
    resolve.names = names;
    resolve.n_names = 3;
    assert_null(ASK(directory, "ResolveLeaders", &op, resolve, &leaders));
    assert_int_equal(leaders->n_user_ids, 3);
    assert_int_equal(leaders->user_ids[0], leader);
    assert_int_equal(leaders->user_ids[1], 0); /* a deputy is nobody's leader */
    assert_int_equal(leaders->user_ids[2], 0);
}

/* Who works in another unit is for supervision offices, auditors and operators to see. */
static void test_posts_of_other_units(UNUSED void **state) {
    int32_t user = make_user(fresh("user")), unit = make_unit(fresh("局"), BH__UNIT_KIND__UNIT_KIND_DEPARTMENT);
    assert_null(grant(grant_request(user, 1, unit, BH__POST__POST_HANDLER)));
    Bh__ListUsersRequest list = BH__LIST_USERS_REQUEST__INIT;
    Bh__ListUsersResponse *resp;
    list.unit_id = unit;
    const principal colleague = { .user_id = 2, .unit_id = unit, .post = BH__POST__POST_HEAD };
    assert_null(ASK(directory, "ListUsers", &colleague, list, &resp));
    assert_int_equal(resp->users[0]->n_posts, 1);
    const principal stranger = { .user_id = 2, .unit_id = unit + 1000, .post = BH__POST__POST_HEAD };
    assert_reason(ASK(directory, "ListUsers", &stranger, list, &resp), "READ_REFUSED");
    const principal office = { .user_id = 2, .unit_id = unit + 1000, .post = BH__POST__POST_VERIFIER };
    assert_null(ASK(directory, "ListUsers", &office, list, &resp));
    assert_int_equal(resp->users[0]->n_posts, 1);
    list.unit_id = 0;
    assert_null(ASK(directory, "ListUsers", &stranger, list, &resp));
    for (size_t i = 0; i < resp->n_users; i++)
        assert_int_equal(resp->users[i]->n_posts, 0);
}

/* Every version of every unit and person has its entry, and each names the one before. */
static void test_chains(UNUSED void **state) {
    make_user(fresh("user"));
    assert_string_equal(
        desk_sql(directory,
                 "select (select sum(version) from directory.unit) + (select sum(version) from directory.person) "
                 "- (select count(*) from audit.pending)"),
        "0");
    assert_string_equal(
        desk_sql(directory, "select count(*) from directory.person p where not exists (select from audit.pending a "
                            "where sha256('\\x00'::bytea || a.leaf) = p.leaf_hash)"),
        "0");
    assert_string_equal(
        desk_sql(directory, "select count(*) from audit.pending a "
                            "where substring(leaf from octet_length(leaf) - 31) <> decode(repeat('00', 32), 'hex') "
                            "and not exists (select from audit.pending b where sha256('\\x00'::bytea || b.leaf) "
                            "= substring(a.leaf from octet_length(a.leaf) - 31))"),
        "0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_unit_commands),
        TEST(test_names_are_one_line),
        TEST(test_alias_and_resolve),
        TEST(test_an_alias_is_removed),
        TEST(test_what_no_alias_is),
        TEST(test_a_name_is_not_its_alias),
        TEST(test_members),
        TEST(test_most_members),
        TEST(test_user_commands),
        TEST(test_password_is_not_in_the_fingerprint),
        TEST(test_delegation_ends),
        TEST(test_posts_of_other_units),
        TEST(test_chains),
    };
    return cmocka_run_group_tests(tests, directory_open, desk_teardown);
}
