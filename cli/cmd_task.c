#include <stdio.h>
#include <string.h>

#include "bihuan/v1/task_service.pb-c.h"
#include "cell.h"
#include "cmd.h"
#include "fill.h"
#include "out.h"
#include "ref.h"
#include "table.h"
#include "width.h"

static void print_place(app *a, const char *no, int first_line, int last_line) {
    printf(SAY(a, "  %s（第 %d–%d 行）", "  %s (lines %d-%d)"), width_clean(a->call->mem, no), first_line, last_line);
}

/* Every place of the document that the task comes from. */
static void print_places(app *a, const Bh__Task *task) {
    if (!task->first_line)
        return;
    printf("%s", SAY(a, "出处", "printed at"));
    print_place(a, task->no, task->first_line, task->last_line);
    for (size_t i = 0; i < task->n_also_at; i++)
        print_place(a, task->also_at[i]->no, task->also_at[i]->first_line, task->also_at[i]->last_line);
    putchar('\n');
}

static void print_head(app *a, const Bh__Task *task) {
    static const char *const fields[] = { "task_id",          "version",      "state",
                                          "lead_unit_name",   "deadline",     "result",
                                          "overdue_workdays", "clock_holder", "review_day",
                                          "parent_task_id" };
    arena *mem = a->call->mem;
    printf("%s  %s\n", width_clean(mem, task->no), width_clean(mem, task->text));
    for (size_t i = 0; i < countof(fields); i++) {
        const char *text = cell_text(a, &task->base, fields[i]);
        if (*text && strcmp(text, "0") != 0)
            printf("%s  %s\n", cell_header(a, fields[i]), width_clean(mem, text));
    }
    print_places(a, task);
    if (task->is_provisional)
        printf("%s\n", SAY(a, "期限所在年份日历未公布，暂按周末计算",
                           "calendar of the deadline's year not published: only weekends count, for now"));
}

#define ROWS(list) ((ProtobufCMessage *const *) (list))

bh_err *cmd_task_show(app *a, UNUSED const verb *v) {
    const char *task_id;
    Bh__Task *task;
    TRY(ref_task(a, args_get(&a->args, "task"), &task_id));
    TRY(ref_get_task(a, task_id, &task));
    if (a->out != OUT_TABLE) {
        Bh__GetTaskResponse response = BH__GET_TASK_RESPONSE__INIT;
        response.task = task;
        out_record(a, &response.base);
        return NULL;
    }
    print_head(a, task);
    out_section(a, SAY(a, "单位", "units"), "role state unit_name acknowledge_by opinion ruling", ROWS(task->legs),
                task->n_legs);
    out_section(a, SAY(a, "分句", "clauses"), "clause_no covered waived_by waiver text", ROWS(task->clauses),
                task->n_clauses);
    out_section(a, SAY(a, "节点", "milestones"), "milestone_no due state title", ROWS(task->milestones),
                task->n_milestones);
    out_section(a, SAY(a, "申请", "applications"),
                "application_id kind state unit_name day other_unit_name result reason decision",
                ROWS(task->applications), task->n_applications);
    out_section(a, SAY(a, "办结申请", "closure requests"), "closure_no state result_class text", ROWS(task->closures),
                task->n_closures);
    return NULL;
}

bh_err *cmd_task_why(app *a, const verb *v) {
    ProtobufCMessage *request = remote_request(a, v->method);
    Bh__ExplainMovesResponse *response;
    TRY(fill_request(a, request));
    TRY(remote_call(a, v->method, request, (ProtobufCMessage **) &response));
    out_list(a, "moves", SAY(a, "move allowed unblock_zh message_zh", "move allowed unblock_en message_en"),
             ROWS(response->moves), response->n_moves);
    return NULL;
}
