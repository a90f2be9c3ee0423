#include "handlers.h"

#include <stdlib.h>
#include <string.h>

#include "directory_sql.h"
#include "domain/calendar.h"
#include "domain/task.h"
#include "login.h"
#include "password.h"
#include "people.h"
#include "service/field.h"
#include "service/page.h"

enum { NAME_SIZE_MAX = 300, ALIASES_MAX = 100, MEMBERS_MAX = 500, NAMES_MAX = 1000, SWEEP_INTERVAL_MS = 600 * 1000 };

/* -- checks -- */

/* The one after it must be a number too. */
static bh_err *check_version(bh_call *c, int32_t version) {
    return field_range(c, "version", version, 1, INT32_MAX - 1);
}

static bh_err *check_login(bh_call *c, const char *login) {
    size_t size = strlen(login);
    if (size < 3 || size > LOGIN_SIZE_MAX || strspn(login, "abcdefghijklmnopqrstuvwxyz0123456789._-") != size)
        return bh_fail_why(c, BAD_FIELD, "login", NOT_LOGIN, arena_printf(c->mem, "%d", LOGIN_SIZE_MAX));
    return NULL;
}

static bh_err *check_token_hash(bh_call *c, const ProtobufCBinaryData *token_hash) {
    return token_hash->len == SHA256_SIZE ? NULL : bh_fail_why(c, BAD_FIELD, "token_hash", NOT_TOKEN_HASH);
}

/* An empty text means `otherwise`. */
static bh_err *parse_day(bh_call *c, const char *field, const char *text, int32_t otherwise, int32_t *ret_day) {
    *ret_day = otherwise;
    if (*text && !day_parse(text, ret_day))
        return bh_fail_why(c, BAD_FIELD, field, NOT_DAY);
    return NULL;
}

/* A command whose payload holds passwords: they stay out of the fingerprint, which is kept for ever. `clean` is the
 * request without them. */
static bh_err *begin_secret(const bh_call *c, const ProtobufCMessage *clean, const char *request_id,
                            command *ret_command) {
    bh_call bare = *c;
    uint8_t *payload = arena_alloc(c->mem, protobuf_c_message_get_packed_size(clean));
    bare.payload_size = protobuf_c_message_pack(clean, payload);
    bare.payload = payload;
    return command_begin(&bare, request_id, ret_command);
}

/* -- sessions -- */

/* Who comes or goes sends no request id: a session opened twice is two sessions. */
static const char *own_request_id(const bh_call *c) {
    return uuid_text(c->mem, uuid_v7(c->now_ms));
}

BH_RPC(DirectoryService, login, LoginRequest, LoginResponse) {
    Bh__LoginRequest clean = *req;
    clean.password = (char *) "";
    command cmd;
    TRY(begin_secret(c, &clean.base, own_request_id(c), &cmd));
    return login_open(c, &cmd, req, resp);
}

BH_RPC(DirectoryService, logout, LogoutRequest, LogoutResponse) {
    TRY(check_token_hash(c, &req->token_hash));
    command cmd;
    TRY(command_begin(c, own_request_id(c), &cmd));
    return store_logout(c, &cmd, &req->token_hash);
}

BH_RPC(DirectoryService, check_session, CheckSessionRequest, CheckSessionResponse) {
    bool found;
    TRY(check_token_hash(c, &req->token_hash));
    TRY(store_check_session(c, &req->token_hash, resp, &found));
    return found ? NULL : bh_fail(c, LOGIN_NEEDED);
}

static Bh__PostGrant *own_post(const bh_call *c, const Bh__User *me) {
    for (size_t i = 0; i < me->n_posts; i++) {
        Bh__PostGrant *p = me->posts[i];
        if (p->unit_id == c->who.unit_id && (int32_t) p->post == c->who.post && p->leader_id == c->who.leader_id)
            return p;
    }
    return NULL;
}

BH_RPC(DirectoryService, get_me, GetMeRequest, GetMeResponse) {
    held_post *posts;
    TRY(people_get(c, c->who.user_id, &resp->user, &posts));
    resp->post = own_post(c, resp->user);
    page own_unit = { .only = c->who.unit_id, .size = 1 };
    Bh__Unit **units;
    size_t n = 0;
    if (c->who.unit_id)
        TRY(store_list_units(c, &own_unit, &units, &n));
    resp->unit = n ? units[0] : NULL;
    return NULL;
}

BH_RPC(DirectoryService, change_password, ChangePasswordRequest, ChangePasswordResponse) {
    Bh__ChangePasswordRequest clean = BH__CHANGE_PASSWORD_REQUEST__INIT;
    clean.request_id = req->request_id;
    command cmd;
    TRY(begin_secret(c, &clean.base, req->request_id, &cmd));
    own_account account;
    TRY(store_own_account(c, &cmd, &account));
    resp->version = account.done_version;
    if (account.done_version)
        return NULL;
    TRY(password_check_new(c, req->new_password)); /* or a right old one would count as tried */
    login_attempt attempt;
    TRY(login_try(c, &cmd, account.login, req->old_password, &attempt));
    const char *stored;
    TRY(password_make(c, req->new_password, &stored));
    return store_change_password(c, &cmd, account.version, &attempt, stored, resp);
}

/* -- units -- */

BH_RPC(DirectoryService, create_unit, CreateUnitRequest, CreateUnitResponse) {
    TRY(field_called(c, "name", req->name, NAME_SIZE_MAX));
    TRY(field_limit(c, "aliases", req->n_aliases, ALIASES_MAX));
    for (size_t i = 0; i < req->n_aliases; i++)
        TRY(field_called(c, "aliases", req->aliases[i], NAME_SIZE_MAX));
    TRY(field_range(c, "kind", req->kind, BH__UNIT_KIND__UNIT_KIND_DEPARTMENT, BH__UNIT_KIND__UNIT_KIND_LEADERSHIP));
    TRY(field_range(c, "office_unit_id", req->office_unit_id, 0, INT32_MAX));
    command cmd;
    TRY(command_begin(c, req->request_id, &cmd));
    return store_create_unit(c, &cmd, req, resp);
}

BH_RPC(DirectoryService, add_unit_alias, AddUnitAliasRequest, AddUnitAliasResponse) {
    TRY(field_called(c, "alias", req->alias, NAME_SIZE_MAX));
    TRY(check_version(c, req->version));
    command cmd;
    TRY(command_begin(c, req->request_id, &cmd));
    return store_add_alias(c, &cmd, req, resp);
}

BH_RPC(DirectoryService, remove_unit_alias, RemoveUnitAliasRequest, RemoveUnitAliasResponse) {
    TRY(field_name(c, "alias", req->alias, NAME_SIZE_MAX));
    TRY(check_version(c, req->version));
    command cmd;
    TRY(command_begin(c, req->request_id, &cmd));
    return store_remove_alias(c, &cmd, req, resp);
}

BH_RPC(DirectoryService, set_unit_members, SetUnitMembersRequest, SetUnitMembersResponse) {
    int32_t first_day;
    TRY(field_limit(c, "member_unit_ids", req->n_member_unit_ids, MEMBERS_MAX));
    TRY(check_version(c, req->version));
    TRY(parse_day(c, "first_day", req->first_day, day_at(c->now_ms), &first_day));
    command cmd;
    TRY(command_begin(c, req->request_id, &cmd));
    return store_set_members(c, &cmd, req, first_day, resp);
}

BH_RPC(DirectoryService, resolve_units, ResolveUnitsRequest, ResolveUnitsResponse) {
    TRY(field_limit(c, "names", req->n_names, NAMES_MAX));
    return store_resolve_units(c, req, resp);
}

BH_RPC(DirectoryService, list_units, ListUnitsRequest, ListUnitsResponse) {
    page p = { 0 };
    TRY(page_after(c, req->page_size, req->page_token, &p.size, &p.after));
    TRY(store_list_units(c, &p, &resp->units, &resp->n_units));
    bool has_more = page_cut(resp->units, &resp->n_units, p.size);
    size_t n = resp->n_units;
    resp->next_page_token = page_token(c, has_more, n ? resp->units[n - 1]->unit_id : 0);
    return NULL;
}

/* -- people -- */

BH_RPC(DirectoryService, create_user, CreateUserRequest, CreateUserResponse) {
    TRY(check_login(c, req->login));
    TRY(field_called(c, "name", req->name, NAME_SIZE_MAX));
    Bh__CreateUserRequest clean = *req;
    clean.password = (char *) "";
    command cmd;
    TRY(begin_secret(c, &clean.base, req->request_id, &cmd));
    const char *stored;
    TRY(password_make(c, req->password, &stored));
    return store_create_user(c, &cmd, req, stored, resp);
}

/* Auditors and operators may belong to the site as a whole; only leaders are signed for, and a delegation ends. */
static bh_err *check_grant(bh_call *c, const Bh__GrantPostRequest *req) {
    bool is_of_site = req->post == BH__POST__POST_AUDITOR || req->post == BH__POST__POST_OPERATOR;
    bool is_leader = req->post == BH__POST__POST_LEADER;
    bool is_delegate = req->leader_id && req->leader_id != req->user_id;
    TRY(field_range(c, "post", req->post, BH__POST__POST_HANDLER, BH__POST__POST_OPERATOR));
    TRY(field_range(c, "unit_id", req->unit_id, is_of_site ? 0 : 1, INT32_MAX));
    TRY(field_range(c, "leader_id", req->leader_id, 0, is_leader ? INT32_MAX : 0));
    TRY(check_version(c, req->version));
    if (is_delegate && !*req->last_day)
        return bh_fail_why(c, BAD_FIELD, "last_day", MISSING);
    return NULL;
}

BH_RPC(DirectoryService, grant_post, GrantPostRequest, GrantPostResponse) {
    int32_t first_day, last_day;
    TRY(check_grant(c, req));
    TRY(parse_day(c, "first_day", req->first_day, day_at(c->now_ms), &first_day));
    TRY(parse_day(c, "last_day", req->last_day, DAY_OPEN, &last_day));
    TRY(field_range(c, "last_day", last_day, first_day, DAY_OPEN));
    Bh__GrantPostRequest full = *req;
    if (req->post == BH__POST__POST_LEADER && !req->leader_id)
        full.leader_id = req->user_id;
    command cmd;
    TRY(command_begin(c, req->request_id, &cmd));
    return store_grant_post(c, &cmd, &full, first_day, last_day, resp);
}

BH_RPC(DirectoryService, revoke_post, RevokePostRequest, RevokePostResponse) {
    TRY(check_version(c, req->version));
    command cmd;
    TRY(command_begin(c, req->request_id, &cmd));
    return store_revoke_post(c, &cmd, req, resp);
}

BH_RPC(DirectoryService, disable_user, DisableUserRequest, DisableUserResponse) {
    TRY(check_version(c, req->version));
    command cmd;
    TRY(command_begin(c, req->request_id, &cmd));
    return store_disable_user(c, &cmd, req, resp);
}

/* Who works in which unit is for its own people to see, and for those who watch or serve every unit. */
static bool sees_every_unit(const bh_call *c) {
    enum {
        POSTS = POST_BIT(DRAFTER) | POST_BIT(VERIFIER) | POST_BIT(OFFICE_HEAD) | POST_BIT(AUDITOR) | POST_BIT(OPERATOR)
    };
    return POSTS >> c->who.post & 1;
}

BH_RPC(DirectoryService, list_users, ListUsersRequest, ListUsersResponse) {
    page p = { 0 };
    bool sees_all = sees_every_unit(c);
    if (req->unit_id && req->unit_id != c->who.unit_id && !sees_all)
        return bh_fail(c, READ_REFUSED, arena_printf(c->mem, "unit %d", (int) req->unit_id));
    TRY(page_after(c, req->page_size, req->page_token, &p.size, &p.after));
    TRY(store_list_users(c, &p, req->unit_id, &resp->users, &resp->n_users));
    bool has_more = page_cut(resp->users, &resp->n_users, p.size);
    size_t n = resp->n_users;
    resp->next_page_token = page_token(c, has_more, n ? resp->users[n - 1]->user_id : 0);
    return people_add_posts(c, resp->users, n, sees_all ? EVERY_UNIT : c->who.unit_id);
}

BH_RPC(DirectoryService, resolve_leaders, ResolveLeadersRequest, ResolveLeadersResponse) {
    TRY(field_limit(c, "names", req->n_names, NAMES_MAX));
    return store_resolve_leaders(c, req, resp);
}

/* -- the service -- */

enum {
    OPERATOR = POST_BIT(OPERATOR),
    DRAFTER_TOO = OPERATOR | POST_BIT(DRAFTER),
};

static const rpc_rule rules[] = {
    { "Login", RPC_PUBLIC, 0 },
    { "Logout", RPC_PUBLIC, 0 },
    { "CheckSession", RPC_PUBLIC, 0 },
    { "GetMe", RPC_USER, 0 },
    { "ChangePassword", RPC_USER, 0 },
    { "CreateUnit", RPC_USER, OPERATOR },
    { "AddUnitAlias", RPC_USER, DRAFTER_TOO },
    { "RemoveUnitAlias", RPC_USER, DRAFTER_TOO },
    { "SetUnitMembers", RPC_USER, OPERATOR },
    { "ResolveUnits", RPC_USER, 0 },
    { "ListUnits", RPC_USER, 0 },
    { "CreateUser", RPC_USER, OPERATOR },
    { "GrantPost", RPC_USER, OPERATOR },
    { "RevokePost", RPC_USER, OPERATOR },
    { "DisableUser", RPC_USER, OPERATOR },
    { "ListUsers", RPC_USER, 0 },
    { "ResolveLeaders", RPC_USER, 0 },
};

static Bh__DirectoryService_Service vtable = BH__DIRECTORY_SERVICE__INIT(rpc_);
static const rpc_service rpc = {
    .vtable = &vtable.base, .rules = rules, .rule_count = countof(rules), .refuse_post = posts_refusal
};

static bh_err *sweep(bh_call *c, UNUSED service_runtime *runtime, UNUSED bool *ret_again) {
    return store_sweep_sessions(c);
}

static const service_job jobs[] = { { "sweep-sessions", SWEEP_INTERVAL_MS, sweep } };

const bh_service directory_service = {
    .name = "directory",
    .rpc = &rpc,
    .statements = directory_sql,
    .statement_count = DIRECTORY_SQL_COUNT,
    .hold_place = &directory_sql[DIRECTORY_SQL_HOLD_PLACE],
    .jobs = jobs,
    .job_count = countof(jobs),
};
