/* One typed function per .sql file: rows go straight into messages, lists travel as JSON. */
#pragma once

#include "bihuan/v1/task_service.pb-c.h"
#include "domain/task.h"
#include "service/command.h"

/* What a caller may bring to a move; zero or NULL where the move does not ask for it. */
typedef struct move_args {
    const char *request_id;
    const char *task_id;
    int32_t version;
    int32_t other_unit;   /* the unit named */
    int32_t new_unit;     /* REASSIGN */
    move_about about;     /* the kind of application, where the move takes any */
    const char *item;     /* application or child, UUID text */
    int32_t number;       /* clause or milestone */
    const int32_t *units; /* legs or members named */
    size_t unit_count;
    char *const *digests; /* evidence, hex */
    size_t digest_count;
    const char *note;                /* reason, opinion, closing text */
    const char *result;              /* measurable result, or result class */
    const char *day;                 /* "YYYY-MM-DD" or empty */
    const char *list;                /* JSON: the correction of REVISE and SET, children of SPLIT_LEG */
    const char *fields;              /* of the draft that are corrected, for the audit entry */
    protobuf_c_boolean *is_past_due; /* where to say that the deadline lies before today; may be NULL */
} move_args;

/* Makes the move or says why not; fills task_id, version and state of the response, whichever type it has. */
MUST bh_err *task_store_move(bh_call *c, task_move move, const move_args *args, ProtobufCMessage *response);
/* The same under a command that is already checked (bulk). */
MUST bh_err *task_store_move_as(bh_call *c, const command *cmd, task_move move, const move_args *args,
                                ProtobufCMessage *response);

/* The refusal of a row whose command named a unit or leader that will not do (directory.misnamed); NULL for others. */
MUST bh_err *task_store_misnamed(bh_call *c, const pg_rows *rows);
MUST bh_err *task_store_create(bh_call *c, const Bh__CreateTaskRequest *req, Bh__CreateTaskResponse *resp);
MUST bh_err *task_store_import(bh_call *c, uuid import, const Bh__ImportTasksRequest *req,
                               Bh__ImportTasksResponse *resp);
MUST bh_err *task_store_list_imports(bh_call *c, const Bh__ListImportsRequest *req, Bh__ListImportsResponse *resp);
/* Ids of the n drafts that one command or import creates. */
char **task_draft_ids(bh_call *c, uuid parent, size_t n);
/* The list for task.create_drafts: each draft with its id (derived from `parent`) and its audit entry. */
const char *task_draft_list(bh_call *c, const command *cmd, uuid parent, Bh__Draft *const *drafts, size_t n);

/* The columns state, _facts, _own_leg and _other_leg of a row. */
task_facts task_facts_of(const pg_rows *rows, int row);
/* Fills in what is derived of state, deadline and review day: overdue, whose clock runs, provisional. */
void task_derive(const bh_call *c, Bh__Task *task);

/* NOT_FOUND where the caller may not read it: a stranger does not learn that it exists. */
MUST bh_err *task_store_get(bh_call *c, const char *task_id, Bh__Task **ret_task);
/* Of n tasks what goes out with their events, for the service itself; NULL for one that does not exist. */
MUST bh_err *task_store_changed(bh_call *c, const char *const *task_ids, size_t n, Bh__Task **ret_tasks);
/* Days since 1970 of deadline and begin of suspension, 0 where there is none or the caller may not read the task: what
 * is said of that is the move's to say. */
MUST bh_err *task_store_days(bh_call *c, const char *task_id, int32_t *ret_deadline, int32_t *ret_suspended);
MUST bh_err *task_store_list(bh_call *c, const Bh__ListTasksRequest *req, Bh__ListTasksResponse *resp);
MUST bh_err *task_store_todo(bh_call *c, const Bh__ListTodoRequest *req, Bh__ListTodoResponse *resp);
MUST bh_err *task_store_history(bh_call *c, const Bh__ListTaskEventsRequest *req, Bh__ListTaskEventsResponse *resp);
MUST bh_err *task_store_explain(bh_call *c, const Bh__ExplainMovesRequest *req, Bh__ExplainMovesResponse *resp);
