#include <stdio.h>
#include <string.h>

#include "bihuan/v1/task_service.pb-c.h"
#include "cmd.h"
#include "fill.h"
#include "list.h"
#include "names.h"
#include "out.h"
#include "ref.h"
#include "width.h"

static const remote_method list_events = { &bh__task_service__descriptor, "ListTaskEvents" };

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
    printf("%s  %s\n", width_clean(a->call->mem, task->no), width_clean(a->call->mem, task->text));
    out_fields(a,
               "task_id version state clock_holder is_key lead_unit_name leader_ids.name deadline overdue_workdays "
               "result review_day parent_task_id",
               &task->base);
    print_places(a, task);
    if (task->is_provisional)
        printf("%s\n", SAY(a, "期限所在年份日历未公布，暂按周末计算",
                           "calendar of the deadline's year not published: only weekends count, for now"));
}

static Bh__Leg *leg_of(const Bh__Task *task, int32_t unit_id) {
    for (size_t i = 0; i < task->n_legs; i++)
        if (task->legs[i]->unit_id == unit_id)
            return task->legs[i];
    return NULL;
}

static bool has_ruling(const Bh__Task *task) {
    for (size_t i = 0; i < task->n_legs; i++)
        if (*task->legs[i]->ruling)
            return true;
    return false;
}

/* How a dissent was ruled goes before why. The history knows: a leg forgets it when the task goes back to work. */
static bh_err *word_rulings(app *a, Bh__Task *task) {
    Bh__ListTaskEventsRequest *request = (Bh__ListTaskEventsRequest *) remote_request(a, list_events);
    Bh__TaskEvent **events;
    size_t n;
    if (!has_ruling(task))
        return NULL;
    request->task_id = task->task_id;
    TRY(list_all(a, list_events, &request->base, LIST_MAX, (ProtobufCMessage ***) &events, &n));
    for (size_t i = 0; i < n; i++) {
        bool is_upheld = strcmp(events[i]->move, "UPHOLD") == 0;
        Bh__Leg *leg = leg_of(task, events[i]->about_unit_id);
        if (!leg || !*leg->ruling || (!is_upheld && strcmp(events[i]->move, "OVERRULE") != 0))
            continue;
        leg->ruling =
            arena_printf(a->call->mem, "%s%s",
                         is_upheld ? SAY(a, "成立：", "upheld: ") : SAY(a, "不成立：", "overruled: "), events[i]->note);
    }
    return NULL;
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
    TRY(names_load(a));
    TRY(word_rulings(a, task));
    print_head(a, task);
    out_section(a, SAY(a, "单位", "units"), "role state unit_name acknowledge_by replaces_unit_id.name opinion ruling",
                ROWS(task->legs), task->n_legs);
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

/* People look for what they can do; both halves keep their order. */
static void put_allowed_first(Bh__MoveAnswer **moves, size_t n) {
    size_t allowed = 0;
    for (size_t i = 0; i < n; i++) {
        Bh__MoveAnswer *one = moves[i];
        if (!one->allowed)
            continue;
        memmove(&moves[allowed + 1], &moves[allowed], (i - allowed) * sizeof(*moves));
        moves[allowed++] = one;
    }
}

bh_err *cmd_task_why(app *a, const verb *v) {
    ProtobufCMessage *request = remote_request(a, v->method);
    Bh__ExplainMovesResponse *response;
    TRY(fill_request(a, request));
    TRY(remote_call(a, v->method, request, (ProtobufCMessage **) &response));
    if (a->out == OUT_TABLE)
        put_allowed_first(response->moves, response->n_moves);
    out_list(a, "moves", &bh__move_answer__descriptor,
             SAY(a, "move allowed unblock_zh message_zh", "move allowed unblock_en message_en"), ROWS(response->moves),
             response->n_moves);
    return NULL;
}

bh_err *cmd_task_history(app *a, const verb *v) {
    ProtobufCMessage *request = remote_request(a, v->method);
    Bh__TaskEvent **events;
    size_t limit, n;
    TRY(list_limit(a, &limit));
    TRY(fill_request(a, request));
    TRY(list_all(a, v->method, request, limit, (ProtobufCMessage ***) &events, &n));
    out_list(a, "events", &bh__task_event__descriptor,
             SAY(a, "version time_ms move login unit_name about_unit_name state note message_zh",
                 "version time_ms move login unit_name about_unit_name state note message_en"),
             ROWS(events), n);
    return NULL;
}
