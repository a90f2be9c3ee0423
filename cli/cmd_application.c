#include "bihuan/v1/task_service.pb-c.h"
#include "bulk.h"
#include "cmd.h"
#include "command.h"
#include "out.h"
#include "ref.h"

static const remote_method decide = { &bh__task_service__descriptor, "DecideApplication" };
static const remote_method withdraw = { &bh__task_service__descriptor, "WithdrawApplication" };

static bh_err *find(app *a, const char **ret_task_id, const Bh__Application **ret_application) {
    Bh__Task *task;
    TRY(ref_task(a, args_get(&a->args, "task"), ret_task_id));
    TRY(ref_get_task(a, *ret_task_id, &task));
    return ref_application(a, task, args_get(&a->args, "application"), ret_application);
}

static bh_err *send_decision(app *a, remote_method method, const char *task_id, const Bh__Application *application,
                             ProtobufCMessage **ret_response) {
    Bh__DecideApplicationRequest *request = (Bh__DecideApplicationRequest *) remote_request(a, method);
    request->task_id = arena_strdup(a->call->mem, task_id);
    request->application_id = application->application_id;
    request->kind = application->kind;
    request->granted = args_get(&a->args, "granted") != NULL;
    request->reason = arena_strdup(a->call->mem, args_get(&a->args, "reason"));
    if (args_get(&a->args, "day"))
        request->day = arena_strdup(a->call->mem, args_get(&a->args, "day"));
    return command_send(a, method, &request->base, NULL, ret_response);
}

/* Lists show tasks without their applications. */
static bh_err *decide_listed(app *a, remote_method method, const Bh__Task *listed, ProtobufCMessage **ret_response) {
    const Bh__Application *application;
    Bh__Task *task;
    TRY(ref_get_task(a, listed->task_id, &task));
    TRY(ref_application(a, task, NULL, &application));
    return send_decision(a, method, task->task_id, application, ret_response);
}

bh_err *cmd_application_decide(app *a, UNUSED const verb *v) {
    const Bh__Application *application;
    const char *task_id;
    ProtobufCMessage *response;
    if (!args_get(&a->args, "task"))
        return bulk_run(a, decide, decide_listed);
    TRY(find(a, &task_id, &application));
    TRY(send_decision(a, decide, task_id, application, &response));
    out_record(a, response);
    return NULL;
}

bh_err *cmd_application_withdraw(app *a, UNUSED const verb *v) {
    Bh__WithdrawApplicationRequest *request = (Bh__WithdrawApplicationRequest *) remote_request(a, withdraw);
    const Bh__Application *application;
    const char *task_id;
    ProtobufCMessage *response;
    TRY(find(a, &task_id, &application));
    request->task_id = arena_strdup(a->call->mem, task_id);
    request->application_id = application->application_id;
    TRY(command_send(a, withdraw, &request->base, NULL, &response));
    out_record(a, response);
    return NULL;
}
