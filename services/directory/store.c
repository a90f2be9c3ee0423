#include "store.h"

#include <string.h>

#include "directory_sql.h"
#include "domain/calendar.h"
#include "settings.h"

static const int64_t second_ms = 1000;

static const char *text_of(bh_call *c, int32_t id) {
    return arena_printf(c->mem, "%d", (int) id);
}

static const char *name_of(bh_call *c, const char *kind, int32_t id) {
    return arena_printf(c->mem, "%s %d", kind, (int) id);
}

static pg_value fingerprint(const command *cmd) {
    return pg_bytes(cmd->fingerprint, sizeof(cmd->fingerprint));
}

static pg_value texts(char **values, size_t n) {
    return pg_texts((const char *const *) values, n);
}

static bool is_refused(const pg_rows *rows) {
    return pg_get_int(rows, 0, "outcome") == OUTCOME_REFUSED;
}

/* Ends every command that leaves no refusal of its own. */
static bh_err *finish(bh_call *c, const command *cmd, const pg_rows *rows, const char *object, void *resp) {
    TRY(command_outcome(c, cmd, rows, object));
    pg_fill(c, rows, 0, resp);
    return NULL;
}

/* A fresh number for a unit or a person. */
static bh_err *next_id(bh_call *c, bool is_unit, int32_t *ret_id) {
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_NEXT_ID], &rows, pg_bool(is_unit)));
    *ret_id = (int32_t) pg_get_int(&rows, 0, "id");
    return NULL;
}

/* -- units -- */

bh_err *store_create_unit(bh_call *c, const command *cmd, const Bh__CreateUnitRequest *req,
                          Bh__CreateUnitResponse *resp) {
    int32_t unit_id;
    TRY(next_id(c, true, &unit_id));
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_CREATE_UNIT], &rows, pg_int(c->site_id), pg_int(unit_id),
                pg_uuid(&cmd->key), fingerprint(cmd), pg_text(req->name), texts(req->aliases, req->n_aliases),
                pg_int(req->kind), pg_int(req->office_unit_id),
                command_leaf(c, cmd, "unit", text_of(c, unit_id), 1, "CreateUnit", req->name)));
    if (is_refused(&rows))
        return bh_fail(c, NAME_TAKEN, pg_get_text(&rows, 0, "_detail"));
    return finish(c, cmd, &rows, name_of(c, "unit", req->office_unit_id), resp);
}

/* What add_alias.sql and remove_alias.sql do to which unit. */
typedef struct alias_change {
    const pg_stmt *statement;
    const char *action;
    int32_t unit_id;
    int32_t version;
    const char *alias;
} alias_change;

static bh_err *change_alias(bh_call *c, const command *cmd, const alias_change *change, pg_rows *ret_rows) {
    return pg_call(
        c, change->statement, ret_rows, pg_int(c->site_id), pg_int(change->unit_id), pg_uuid(&cmd->key),
        fingerprint(cmd), pg_int(change->version), pg_text(change->alias),
        command_leaf(c, cmd, "unit", text_of(c, change->unit_id), change->version + 1, change->action, change->alias));
}

bh_err *store_add_alias(bh_call *c, const command *cmd, const Bh__AddUnitAliasRequest *req,
                        Bh__AddUnitAliasResponse *resp) {
    const alias_change change = { &directory_sql[DIRECTORY_SQL_ADD_ALIAS], "AddUnitAlias", req->unit_id, req->version,
                                  req->alias };
    pg_rows rows;
    TRY(change_alias(c, cmd, &change, &rows));
    if (is_refused(&rows))
        return bh_fail(c, NAME_TAKEN, req->alias);
    return finish(c, cmd, &rows, name_of(c, "unit", req->unit_id), resp);
}

bh_err *store_remove_alias(bh_call *c, const command *cmd, const Bh__RemoveUnitAliasRequest *req,
                           Bh__RemoveUnitAliasResponse *resp) {
    const alias_change change = { &directory_sql[DIRECTORY_SQL_REMOVE_ALIAS], "RemoveUnitAlias", req->unit_id,
                                  req->version, req->alias };
    pg_rows rows;
    TRY(change_alias(c, cmd, &change, &rows));
    if (is_refused(&rows))
        return bh_fail(c, ALIAS_UNKNOWN, text_of(c, req->unit_id), req->alias);
    return finish(c, cmd, &rows, name_of(c, "unit", req->unit_id), resp);
}

bh_err *store_set_members(bh_call *c, const command *cmd, const Bh__SetUnitMembersRequest *req, int32_t first_day,
                          Bh__SetUnitMembersResponse *resp) {
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_SET_MEMBERS], &rows, pg_int(c->site_id), pg_int(req->unit_id),
                pg_uuid(&cmd->key), fingerprint(cmd), pg_int(req->version),
                pg_ints(req->member_unit_ids, req->n_member_unit_ids), pg_date(first_day),
                command_leaf(c, cmd, "unit", text_of(c, req->unit_id), req->version + 1, "SetUnitMembers",
                             day_text(c->mem, first_day))));
    int32_t member = (int32_t) pg_get_int(&rows, 0, "_detail");
    if (is_refused(&rows) && member)
        return bh_fail(c, MEMBER_UNFIT, text_of(c, member));
    if (is_refused(&rows))
        return bh_fail(c, NOT_COLLECTIVE, text_of(c, req->unit_id));
    return finish(c, cmd, &rows, name_of(c, "unit", req->unit_id), resp);
}

bh_err *store_list_units(bh_call *c, const page *p, Bh__Unit ***ret_units, size_t *ret_n) {
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_LIST_UNITS], &rows, pg_int(c->site_id), pg_date(day_at(c->now_ms)),
                p->only ? pg_int(p->only) : pg_null(), pg_int(p->after), pg_int(p->size)));
    *ret_units = pg_fill_all(c, &rows, &bh__unit__descriptor, ret_n);
    return NULL;
}

bh_err *store_resolve_units(bh_call *c, const Bh__ResolveUnitsRequest *req, Bh__ResolveUnitsResponse *resp) {
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_RESOLVE_UNITS], &rows, pg_int(c->site_id), pg_date(day_at(c->now_ms)),
                texts(req->names, req->n_names)));
    resp->units = pg_fill_all(c, &rows, &bh__unit__descriptor, &resp->n_units);
    return NULL;
}

/* -- people -- */

bh_err *store_create_user(bh_call *c, const command *cmd, const Bh__CreateUserRequest *req, const char *password,
                          Bh__CreateUserResponse *resp) {
    int32_t user_id;
    TRY(next_id(c, false, &user_id));
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_CREATE_USER], &rows, pg_int(c->site_id), pg_int(user_id),
                pg_uuid(&cmd->key), fingerprint(cmd), pg_text(req->login), pg_text(req->name), pg_text(password),
                command_leaf(c, cmd, "user", text_of(c, user_id), 1, "CreateUser", req->login)));
    if (is_refused(&rows))
        return bh_fail(c, NAME_TAKEN, req->login);
    return finish(c, cmd, &rows, "user", resp);
}

/* Column _detail of grant_post.sql. */
static bh_err *grant_refusal(bh_call *c, const Bh__GrantPostRequest *req, int64_t detail) {
    switch (detail) {
    case 1:
        return bh_fail(c, NOT_FOUND_OBJECT, name_of(c, "unit", req->unit_id));
    case 2:
        return bh_fail(c, NOT_FOUND_OBJECT, name_of(c, "user", req->leader_id));
    case 3:
        return bh_fail(c, POST_HELD);
    default:
        return bh_fail(c, ACCOUNT_CLOSED);
    }
}

bh_err *store_grant_post(bh_call *c, const command *cmd, const Bh__GrantPostRequest *req, int32_t first_day,
                         int32_t last_day, Bh__GrantPostResponse *resp) {
    const char *note = arena_printf(c->mem, "post=%d unit=%d leader=%d first=%s last=%s", (int) req->post,
                                    (int) req->unit_id, (int) req->leader_id, day_text(c->mem, first_day),
                                    last_day == DAY_OPEN ? "" : day_text(c->mem, last_day));
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_GRANT_POST], &rows, pg_int(c->site_id), pg_int(req->user_id),
                pg_uuid(&cmd->key), fingerprint(cmd), pg_int(req->version), pg_int(req->unit_id), pg_int(req->post),
                pg_int(req->leader_id), pg_date(first_day), last_day == DAY_OPEN ? pg_null() : pg_date(last_day),
                command_leaf(c, cmd, "user", text_of(c, req->user_id), req->version + 1, "GrantPost", note)));
    if (is_refused(&rows))
        return grant_refusal(c, req, pg_get_int(&rows, 0, "_detail"));
    return finish(c, cmd, &rows, name_of(c, "user", req->user_id), resp);
}

bh_err *store_revoke_post(bh_call *c, const command *cmd, const Bh__RevokePostRequest *req,
                          Bh__RevokePostResponse *resp) {
    const char *note = arena_printf(c->mem, "post=%d unit=%d", (int) req->post, (int) req->unit_id);
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_REVOKE_POST], &rows, pg_int(c->site_id), pg_int(req->user_id),
                pg_uuid(&cmd->key), fingerprint(cmd), pg_int(req->version), pg_int(req->unit_id), pg_int(req->post),
                pg_date(day_at(c->now_ms)),
                command_leaf(c, cmd, "user", text_of(c, req->user_id), req->version + 1, "RevokePost", note)));
    if (is_refused(&rows))
        return bh_fail(c, POST_NOT_GRANTED);
    return finish(c, cmd, &rows, name_of(c, "user", req->user_id), resp);
}

/* What change_person.sql does to whom. */
typedef struct person_change {
    int32_t user_id;
    int32_t version;
    bool disabled;
    const char *password;         /* NULL keeps it */
    const login_attempt *attempt; /* cleared; or NULL */
    const char *action;
} person_change;

static bh_err *change_person(bh_call *c, const command *cmd, const person_change *change, pg_rows *ret_rows) {
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_CHANGE_PERSON], ret_rows, pg_int(c->site_id), pg_int(change->user_id),
                pg_uuid(&cmd->key), fingerprint(cmd), pg_int(change->version), pg_bool(change->disabled),
                pg_text(change->password),
                command_leaf(c, cmd, "user", text_of(c, change->user_id), change->version + 1, change->action, ""),
                change->attempt ? pg_int(change->attempt->slot) : pg_null()));
    return command_outcome(c, cmd, ret_rows, name_of(c, "user", change->user_id));
}

bh_err *store_disable_user(bh_call *c, const command *cmd, const Bh__DisableUserRequest *req,
                           Bh__DisableUserResponse *resp) {
    person_change change = { req->user_id, req->version, true, NULL, NULL, "DisableUser" };
    pg_rows rows;
    TRY(change_person(c, cmd, &change, &rows));
    pg_fill(c, &rows, 0, &resp->base);
    return NULL;
}

bh_err *store_change_password(bh_call *c, const command *cmd, int32_t version, const login_attempt *attempt,
                              const char *password, Bh__ChangePasswordResponse *resp) {
    person_change change = { c->who.user_id, version, false, password, attempt, "ChangePassword" };
    pg_rows rows;
    TRY(change_person(c, cmd, &change, &rows));
    resp->version = (int32_t) pg_get_int(&rows, 0, "version");
    return NULL;
}

bh_err *store_own_account(bh_call *c, const command *cmd, own_account *ret_account) {
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_OWN_ACCOUNT], &rows, pg_int(c->site_id), pg_int(c->who.user_id),
                pg_uuid(&cmd->key), fingerprint(cmd)));
    if (rows.count == 0)
        return bh_fail(c, ACCOUNT_CLOSED);
    *ret_account = (own_account){ .login = pg_get_text(&rows, 0, "login"),
                                  .version = (int32_t) pg_get_int(&rows, 0, "version"),
                                  .done_version = (int32_t) pg_get_int(&rows, 0, "done_version") };
    return NULL;
}

bh_err *store_list_users(bh_call *c, const page *p, int32_t unit_id, Bh__User ***ret_users, size_t *ret_n) {
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_LIST_USERS], &rows, pg_int(c->site_id),
                p->only ? pg_int(p->only) : pg_null(), pg_int(p->after), pg_int(p->size), pg_int(unit_id)));
    *ret_users = pg_fill_all(c, &rows, &bh__user__descriptor, ret_n);
    return NULL;
}

bh_err *store_resolve_leaders(bh_call *c, const Bh__ResolveLeadersRequest *req, Bh__ResolveLeadersResponse *resp) {
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_RESOLVE_LEADERS], &rows, pg_int(c->site_id), pg_date(day_at(c->now_ms)),
                texts(req->names, req->n_names)));
    resp->n_user_ids = (size_t) rows.count;
    resp->user_ids = arena_array(c->mem, resp->n_user_ids, sizeof(*resp->user_ids));
    for (int i = 0; i < rows.count; i++)
        resp->user_ids[i] = (int32_t) pg_get_int(&rows, i, "user_id");
    return NULL;
}

bh_err *store_list_posts(bh_call *c, const int32_t *user_ids, size_t n, int32_t unit_id, held_post **ret_posts,
                         size_t *ret_n) {
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_LIST_POSTS], &rows, pg_int(c->site_id), pg_ints(user_ids, n),
                pg_date(day_at(c->now_ms)), unit_id == EVERY_UNIT ? pg_null() : pg_int(unit_id)));
    Bh__PostGrant **posts = pg_fill_all(c, &rows, &bh__post_grant__descriptor, ret_n);
    held_post *held = arena_array(c->mem, *ret_n, sizeof(*held));
    for (int i = 0; i < rows.count; i++)
        held[i] = (held_post){ .user_id = (int32_t) pg_get_int(&rows, i, "_user_id"),
                               .version = (int32_t) pg_get_int(&rows, i, "_version"),
                               .is_current = pg_get_int(&rows, i, "_is_current"),
                               .post = posts[i] };
    *ret_posts = held;
    return NULL;
}

bh_err *store_find_login(bh_call *c, const char *login, int32_t *ret_user_id) {
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_FIND_LOGIN], &rows, pg_int(c->site_id), pg_text(login)));
    *ret_user_id = rows.count ? (int32_t) pg_get_int(&rows, 0, "user_id") : 0;
    return NULL;
}

/* -- sessions -- */

/* Which of the 2^20 counters of failed attempts a login uses. */
static int32_t slot_of(const char *login) {
    uint8_t digest[SHA256_SIZE];
    sha256(login, strlen(login), digest);
    return digest[0] << 12 | digest[1] << 4 | digest[2] >> 4;
}

bh_err *store_login_begin(bh_call *c, const command *cmd, const char *login, login_attempt *ret_attempt) {
    int32_t slot = slot_of(login);
    const char *note = arena_printf(c->mem, "%.*s", LOGIN_SIZE_MAX, login);
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_LOGIN_BEGIN], &rows, pg_int(c->site_id), pg_int(slot), pg_text(login),
                pg_int(c->now_ms), pg_int(settings()->login_attempts), pg_int(settings()->login_wait_s * second_ms),
                command_leaf(c, cmd, "lockout", uuid_text(c->mem, cmd->key), 1, "LockOut", note)));
    *ret_attempt = (login_attempt){ .slot = slot,
                                    .user_id = (int32_t) pg_get_int(&rows, 0, "user_id"),
                                    .password = pg_get_text(&rows, 0, "password"),
                                    .wait_ms = pg_get_int(&rows, 0, "wait_ms") };
    return NULL;
}

/* A session in the audit log: its name leads back to neither the token nor its hash. */
static pg_value session_leaf(bh_call *c, const command *cmd, const uint8_t *token_hash, int32_t version,
                             const char *action) {
    uuid id = uuid_derive((uuid){ 0 }, hex(c->mem, token_hash, SHA256_SIZE));
    return command_leaf(c, cmd, "session", uuid_text(c->mem, id), version, action, "");
}

bh_err *store_login_open(bh_call *c, const command *cmd, const login_attempt *attempt, const held_post *held,
                         const char *token, int64_t expires_ms, bool *ret_opened) {
    bh_call theirs = *c; /* the entry names who is in now */
    theirs.who.user_id = attempt->user_id;
    theirs.who.unit_id = held->post->unit_id;
    theirs.who.post = (int32_t) held->post->post;
    theirs.who.leader_id = held->post->leader_id;
    uint8_t digest[SHA256_SIZE];
    sha256(token, strlen(token), digest);
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_LOGIN_OPEN], &rows, pg_int(c->site_id), pg_int(attempt->user_id),
                pg_int(held->version), pg_bytes(digest, sizeof(digest)), pg_int(c->now_ms), pg_int(expires_ms),
                pg_int(attempt->slot), session_leaf(&theirs, cmd, digest, 1, "Login")));
    *ret_opened = rows.count == 1;
    return NULL;
}

bh_err *store_check_session(bh_call *c, const ProtobufCBinaryData *token_hash, Bh__CheckSessionResponse *resp,
                            bool *ret_found) {
    pg_rows rows;
    TRY(pg_call(c, &directory_sql[DIRECTORY_SQL_CHECK_SESSION], &rows, pg_int(c->site_id),
                pg_bytes(token_hash->data, token_hash->len), pg_int(c->now_ms), pg_date(day_at(c->now_ms)),
                pg_int(settings()->session_idle_s * second_ms)));
    *ret_found = rows.count == 1;
    if (*ret_found)
        pg_fill(c, &rows, 0, &resp->base);
    return NULL;
}

bh_err *store_logout(bh_call *c, const command *cmd, const ProtobufCBinaryData *token_hash) {
    pg_rows rows;
    return pg_call(c, &directory_sql[DIRECTORY_SQL_LOGOUT], &rows, pg_int(c->site_id),
                   pg_bytes(token_hash->data, token_hash->len), session_leaf(c, cmd, token_hash->data, 2, "Logout"));
}

bh_err *store_sweep_sessions(bh_call *c) {
    pg_rows rows;
    return pg_call(c, &directory_sql[DIRECTORY_SQL_SWEEP_SESSIONS], &rows, pg_int(c->site_id), pg_int(c->now_ms),
                   pg_int(settings()->session_idle_s * second_ms), pg_int(settings()->login_wait_s * second_ms));
}
