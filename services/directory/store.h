/* The statements of the directory, one function for each file in sql/. */
#pragma once

#include "bihuan/v1/directory_service.pb-c.h"
#include "service/command.h"

/* Commands: the error of an outcome that is not OK; else `resp` holds the object and its version. Audited. */
MUST bh_err *store_create_unit(bh_call *c, const command *cmd, const Bh__CreateUnitRequest *req,
                               Bh__CreateUnitResponse *resp);
MUST bh_err *store_add_alias(bh_call *c, const command *cmd, const Bh__AddUnitAliasRequest *req,
                             Bh__AddUnitAliasResponse *resp);
MUST bh_err *store_remove_alias(bh_call *c, const command *cmd, const Bh__RemoveUnitAliasRequest *req,
                                Bh__RemoveUnitAliasResponse *resp);
MUST bh_err *store_set_members(bh_call *c, const command *cmd, const Bh__SetUnitMembersRequest *req, int32_t first_day,
                               Bh__SetUnitMembersResponse *resp);
MUST bh_err *store_create_user(bh_call *c, const command *cmd, const Bh__CreateUserRequest *req, const char *password,
                               Bh__CreateUserResponse *resp);
/* Days since 1970; DAY_OPEN as the last one means until revoked. */
enum { DAY_OPEN = INT32_MAX };
MUST bh_err *store_grant_post(bh_call *c, const command *cmd, const Bh__GrantPostRequest *req, int32_t first_day,
                              int32_t last_day, Bh__GrantPostResponse *resp);
MUST bh_err *store_revoke_post(bh_call *c, const command *cmd, const Bh__RevokePostRequest *req,
                               Bh__RevokePostResponse *resp);
MUST bh_err *store_disable_user(bh_call *c, const command *cmd, const Bh__DisableUserRequest *req,
                                Bh__DisableUserResponse *resp);
/* The caller's; done_version > 0: this very command was executed before and made that version. */
typedef struct own_account {
    const char *login;
    int32_t version;
    int32_t done_version;
} own_account;
MUST bh_err *store_own_account(bh_call *c, const command *cmd, own_account *ret_account);

/* Whose login this is, closed accounts included; 0 = nobody's. */
MUST bh_err *store_find_login(bh_call *c, const char *login, int32_t *ret_user_id);

/* A grant and whose it is. */
typedef struct held_post {
    int32_t user_id;
    int32_t version;
    bool is_current; /* false: from a later day on */
    Bh__PostGrant *post;
} held_post;
enum { LOGIN_SIZE_MAX = 64 };
/* An attempt to log in. user_id 0 and password "": nobody has the login. wait_ms > 0: too many attempts. */
typedef struct login_attempt {
    int32_t slot;
    int32_t user_id;
    const char *password;
    int64_t wait_ms;
} login_attempt;
MUST bh_err *store_login_begin(bh_call *c, const command *cmd, const char *login, login_attempt *ret_attempt);
/* After an attempt that got in. */
MUST bh_err *store_change_password(bh_call *c, const command *cmd, int32_t version, const login_attempt *attempt,
                                   const char *password, Bh__ChangePasswordResponse *resp);
/* *ret_opened is false when account or grant went away meanwhile. */
MUST bh_err *store_login_open(bh_call *c, const command *cmd, const login_attempt *attempt, const held_post *held,
                              const char *token, int64_t expires_ms, bool *ret_opened);
/* *ret_found is false when the token is not good (any more). */
MUST bh_err *store_check_session(bh_call *c, const ProtobufCBinaryData *token_hash, Bh__CheckSessionResponse *resp,
                                 bool *ret_found);
MUST bh_err *store_logout(bh_call *c, const command *cmd, const ProtobufCBinaryData *token_hash);
MUST bh_err *store_sweep_sessions(bh_call *c);

/* A page of a list: those after a number, or the one with this number. */
typedef struct page {
    int32_t only; /* 0 = all */
    int32_t after;
    int32_t size;
} page;
MUST bh_err *store_list_units(bh_call *c, const page *p, Bh__Unit ***ret_units, size_t *ret_n);
MUST bh_err *store_resolve_units(bh_call *c, const Bh__ResolveUnitsRequest *req, Bh__ResolveUnitsResponse *resp);
/* Without posts; unit_id 0 = every unit. */
MUST bh_err *store_list_users(bh_call *c, const page *p, int32_t unit_id, Bh__User ***ret_users, size_t *ret_n);
MUST bh_err *store_resolve_leaders(bh_call *c, const Bh__ResolveLeadersRequest *req, Bh__ResolveLeadersResponse *resp);

/* Posts of these people; only those in one unit unless unit_id is EVERY_UNIT. */
enum { EVERY_UNIT = -1 };
MUST bh_err *store_list_posts(bh_call *c, const int32_t *user_ids, size_t n, int32_t unit_id, held_post **ret_posts,
                              size_t *ret_n);
