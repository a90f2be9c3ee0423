#include <unistd.h>

#include "ask.h"
#include "base/secret.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "cmd.h"
#include "command.h"
#include "disk.h"
#include "fill.h"
#include "out.h"

/* Where the password stands that is made here, from before the command is sent until its outcome is known: given again,
 * the command is then the same to the byte and goes out under its kept id. */
static char *kept_password(app *a, const char *login) {
    const char *name = arena_printf(a->call->mem, "%s %s %s", a->server, a->session.name, login);
    return disk_state_path(a, arena_printf(a->call->mem, "first-password/%s", disk_name(a, name)));
}

static bh_err *make_password(app *a, const char *path, const char **ret_password) {
    *ret_password = disk_recall(a, path);
    if (*ret_password && **ret_password)
        return NULL;
    *ret_password = token_new(a->call->mem);
    return disk_write(a, path, *ret_password);
}

/* Without a file the first password is made here, and shown once it is the account's. */
static bh_err *send_with_made_password(app *a, remote_method method, Bh__CreateUserRequest *request,
                                       ProtobufCMessage **ret_response) {
    const char *path = kept_password(a, request->login), *password;
    TRY(make_password(a, path, &password));
    request->password = arena_strdup(a->call->mem, password);
    bh_err *error = command_send(a, method, &request->base, NULL, ret_response);
    if (!error)
        out_note(SAY(a, "初始密码（只显示这一次）：%s", "First password, shown only once: %s"), password);
    if (remote_is_settled(error))
        unlink(path);
    return error;
}

static bh_err *send_with_own_password(app *a, remote_method method, Bh__CreateUserRequest *request,
                                      ProtobufCMessage **ret_response) {
    const char *password;
    TRY(ask_password(a, "password-file", "BIHUAN_NEW_PASSWORD", "", &password));
    request->password = arena_strdup(a->call->mem, password);
    return command_send(a, method, &request->base, NULL, ret_response);
}

bh_err *cmd_user_add(app *a, const verb *v) {
    Bh__CreateUserRequest *request = (Bh__CreateUserRequest *) remote_request(a, v->method);
    ProtobufCMessage *response;
    TRY(fill_request(a, &request->base));
    TRY(args_get(&a->args, "password-file") ? send_with_own_password(a, v->method, request, &response)
                                            : send_with_made_password(a, v->method, request, &response));
    out_record(a, response);
    return NULL;
}
