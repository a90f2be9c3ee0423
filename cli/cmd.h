/* The functions behind commands that need more than a filled request; each is named in verbs.c. */
#pragma once

#include "verb.h"

bh_err *cmd_login(app *a, const verb *v);
bh_err *cmd_logout(app *a, const verb *v);
bh_err *cmd_whoami(app *a, const verb *v);
bh_err *cmd_passwd(app *a, const verb *v);
bh_err *cmd_context_list(app *a, const verb *v);
bh_err *cmd_context_use(app *a, const verb *v);
bh_err *cmd_context_set(app *a, const verb *v);

bh_err *cmd_watch(app *a, const verb *v);
bh_err *cmd_todo(app *a, const verb *v);
bh_err *cmd_task_show(app *a, const verb *v);
bh_err *cmd_task_why(app *a, const verb *v);
bh_err *cmd_task_history(app *a, const verb *v);
bh_err *cmd_task_create(app *a, const verb *v);
bh_err *cmd_task_revise(app *a, const verb *v);
bh_err *cmd_task_set(app *a, const verb *v);
bh_err *cmd_task_bulk(app *a, const verb *v);
bh_err *cmd_task_split(app *a, const verb *v);
bh_err *cmd_task_members(app *a, const verb *v);
bh_err *cmd_application_decide(app *a, const verb *v);
bh_err *cmd_application_withdraw(app *a, const verb *v);

bh_err *cmd_import(app *a, const verb *v);
bh_err *cmd_report_submit(app *a, const verb *v);
bh_err *cmd_evidence_add(app *a, const verb *v);
bh_err *cmd_evidence_get(app *a, const verb *v);
bh_err *cmd_user_add(app *a, const verb *v);
bh_err *cmd_audit_head(app *a, const verb *v);
bh_err *cmd_audit_verify(app *a, const verb *v);
bh_err *cmd_audit_list(app *a, const verb *v);
bh_err *cmd_audit_proof(app *a, const verb *v);
bh_err *cmd_version(app *a, const verb *v);
