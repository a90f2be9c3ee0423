#include "ask.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "cmd.h"
#include "command.h"
#include "fill.h"
#include "out.h"
#include "store.h"

/* Whoever failed to log in must not act as somebody else without knowing it. */
static bh_err *tell_current(app *a, bh_err *refusal) {
    const char *current = store_current_session(a);
    if (current)
        out_note(SAY(a, "登录未成功；未指明 --as 的命令仍以 %s 的身份执行",
                     "Not logged in; commands without --as still run as %s."),
                 current);
    return refusal;
}

/* Before there is a session the server resolves no names: the unit must be a number, and no token goes along. */
bh_err *cmd_login(app *a, const verb *v) {
    Bh__LoginRequest *request = (Bh__LoginRequest *) remote_request(a, v->method);
    Bh__LoginResponse *response;
    const char *password, *name = args_get(&a->args, "save-as");
    TRY(fill_request(a, &request->base));
    TRY(ask_password(a, "password-file", "BIHUAN_PASSWORD", SAY(a, "密码：", "Password:"), &password));
    request->password = arena_strdup(a->call->mem, password);
    bh_err *refusal = remote_call(a, v->method, &request->base, (ProtobufCMessage **) &response);
    if (refusal)
        return tell_current(a, refusal);
    const session s = {
        .name = name ? name : request->login,
        .login = request->login,
        .token = response->token,
        .expires_ms = response->expires_ms,
    };
    TRY(store_save_session(a, &s));
    response->token = NULL; /* never printed */
    out_row(a, "user.login user.name post.unit_name post.post expires_ms", &response->base);
    return NULL;
}

bh_err *cmd_logout(app *a, const verb *v) {
    ProtobufCMessage *response;
    bh_err *error = remote_call(a, v->method, remote_request(a, v->method), &response);
    if (error && error->code != BH_UNAUTHENTICATED)
        return error;
    store_drop_session(a);
    return NULL;
}

static void list_sessions(app *a) {
    size_t n;
    const char **names = store_sessions(a, &n);
    out_names(a, "logins", SAY(a, "账号", "login"), names, n, store_current_session(a));
}

bh_err *cmd_whoami(app *a, const verb *v) {
    ProtobufCMessage *me;
    if (args_get(&a->args, "all")) {
        list_sessions(a);
        return NULL;
    }
    TRY(store_find_session(a));
    TRY(remote_call(a, v->method, remote_request(a, v->method), &me));
    out_row(a, "user.login user.name post.unit_name post.post", me);
    return NULL;
}

bh_err *cmd_passwd(app *a, const verb *v) {
    Bh__ChangePasswordRequest *request = (Bh__ChangePasswordRequest *) remote_request(a, v->method);
    ProtobufCMessage *response;
    const char *old, *fresh;
    TRY(ask_password(a, "password-file", "BIHUAN_PASSWORD", SAY(a, "现密码：", "Old password:"), &old));
    TRY(ask_password(a, "new-password-file", "BIHUAN_NEW_PASSWORD", SAY(a, "新密码：", "New password:"), &fresh));
    request->old_password = arena_strdup(a->call->mem, old);
    request->new_password = arena_strdup(a->call->mem, fresh);
    TRY(command_send(a, v->method, &request->base, NULL, &response));
    out_record(a, response);
    return NULL;
}
