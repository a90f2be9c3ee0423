#include "ask.h"
#include "base/secret.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "cmd.h"
#include "command.h"
#include "fill.h"
#include "out.h"

static const remote_method create_user = { &bh__directory_service__descriptor, "CreateUser" };

/* Without a file the first password is made here and shown once. */
static bh_err *first_password(app *a, const char **ret_password) {
    if (args_get(&a->args, "password-file"))
        return ask_password(a, "password-file", "BIHUAN_NEW_PASSWORD", "", ret_password);
    *ret_password = token_new(a->call->mem);
    out_note(SAY(a, "初始密码（只显示这一次）：%s", "First password, shown only once: %s"), *ret_password);
    return NULL;
}

bh_err *cmd_user_add(app *a, UNUSED const verb *v) {
    Bh__CreateUserRequest *request = (Bh__CreateUserRequest *) remote_request(a, create_user);
    ProtobufCMessage *response;
    const char *password;
    TRY(fill_request(a, &request->base));
    TRY(first_password(a, &password));
    request->password = arena_strdup(a->call->mem, password);
    TRY(command_send(a, create_user, &request->base, NULL, &response));
    out_record(a, response);
    return NULL;
}
