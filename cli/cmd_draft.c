#include <string.h>

#include "base/clock.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "bulk.h"
#include "cmd.h"
#include "command.h"
#include "domain/calendar.h"
#include "fill.h"
#include "list.h"
#include "out.h"
#include "progress.h"
#include "ref.h"

enum { SET_PART = 100, MILESTONES_MAX = 20, CHILDREN_MAX = 50 };

static const remote_method revise_draft = { &bh__task_service__descriptor, "ReviseDraft" };
static const remote_method set_tasks = { &bh__task_service__descriptor, "SetTasks" };

static Bh__Draft *new_draft(app *a) {
    Bh__Draft *draft = arena_alloc(a->call->mem, sizeof(*draft));
    bh__draft__init(draft);
    return draft;
}

/* Cuts "a=b=c" at its first signs into n parts; the last keeps the rest. */
static bool cut(app *a, const char *text, const char *parts[], size_t n) {
    for (size_t i = 0; i + 1 < n; i++) {
        const char *sign = strchr(text, '=');
        if (!sign)
            return false;
        parts[i] = arena_strndup(a->call->mem, text, (size_t) (sign - text));
        text = sign + 1;
    }
    parts[n - 1] = text;
    return true;
}

/* "1=unit=text": deadline, result and leaders are those of the command. */
static bh_err *parse_child(app *a, const char *text, Bh__Draft **ret_draft) {
    const char *parts[3];
    if (!cut(a, text, parts, countof(parts)) || !*parts[0])
        return bh_fail(a->call, OPTION_BAD, "child", text, option_find("child")->meta);
    *ret_draft = new_draft(a);
    TRY(fill_request(a, &(*ret_draft)->base));
    (*ret_draft)->no = arena_strdup(a->call->mem, parts[0]);
    (*ret_draft)->text = arena_strdup(a->call->mem, parts[2]);
    return ref_unit(a, parts[1], &(*ret_draft)->lead_unit_id);
}

bh_err *cmd_task_split(app *a, const verb *v) {
    Bh__SplitLegRequest *request = (Bh__SplitLegRequest *) remote_request(a, v->method);
    ProtobufCMessage *response;
    const char *text;
    TRY(fill_request(a, &request->base));
    request->children = arena_array(a->call->mem, CHILDREN_MAX, sizeof(Bh__Draft *));
    for (; (text = args_nth(&a->args, "child", request->n_children)); request->n_children++) {
        if (request->n_children == CHILDREN_MAX)
            return bh_fail(a->call, OPTION_BAD, "child", text, "<= 50");
        TRY(parse_child(a, text, &request->children[request->n_children]));
    }
    TRY(command_send(a, v->method, &request->base, NULL, &response));
    out_record(a, response);
    return NULL;
}

/* --unit is the collective, --member-unit its members: the request calls both a unit. */
bh_err *cmd_task_members(app *a, const verb *v) {
    Bh__NameMembersRequest *request = (Bh__NameMembersRequest *) remote_request(a, v->method);
    ProtobufCMessage *response;
    const char *text;
    TRY(fill_request(a, &request->base));
    request->n_unit_ids = 0;
    for (size_t i = 0; (text = args_nth(&a->args, "member-unit", i)); i++) {
        int32_t unit_id;
        TRY(ref_unit(a, text, &unit_id));
        fill_add_number(a, &request->unit_ids, &request->n_unit_ids, unit_id);
    }
    TRY(command_send(a, v->method, &request->base, NULL, &response));
    out_record(a, response);
    return NULL;
}

/* "2025-06-30=title" */
static bh_err *parse_node(app *a, const char *text, size_t index, Bh__Milestone **ret_milestone) {
    const char *parts[2];
    int32_t day;
    if (index == MILESTONES_MAX || !cut(a, text, parts, countof(parts)) || !day_parse(parts[0], &day))
        return bh_fail(a->call, OPTION_BAD, "node", text, option_find("node")->meta);
    Bh__Milestone *milestone = arena_alloc(a->call->mem, sizeof(*milestone));
    bh__milestone__init(milestone);
    milestone->milestone_no = (int32_t) index + 1;
    milestone->due = arena_strdup(a->call->mem, parts[0]);
    milestone->title = arena_strdup(a->call->mem, parts[1]);
    *ret_milestone = milestone;
    return NULL;
}

static bh_err *fill_nodes(app *a, Bh__Milestone ***ret_nodes, size_t *ret_n) {
    const char *text;
    *ret_n = 0;
    *ret_nodes = arena_array(a->call->mem, MILESTONES_MAX, sizeof(**ret_nodes));
    for (; (text = args_nth(&a->args, "node", *ret_n)); ++*ret_n)
        TRY(parse_node(a, text, *ret_n, &(*ret_nodes)[*ret_n]));
    return NULL;
}

static bh_err *fill_draft(app *a, Bh__Draft **ret_draft) {
    *ret_draft = new_draft(a);
    TRY(fill_nodes(a, &(*ret_draft)->milestones, &(*ret_draft)->n_milestones));
    return fill_request(a, &(*ret_draft)->base);
}

bh_err *cmd_task_create(app *a, const verb *v) {
    Bh__CreateTaskRequest *request = (Bh__CreateTaskRequest *) remote_request(a, v->method);
    ProtobufCMessage *response;
    TRY(fill_draft(a, &request->draft));
    TRY(command_send(a, v->method, &request->base, NULL, &response));
    out_record(a, response);
    return NULL;
}

/* The option of a field of a draft; milestones are written as nodes. */
static const char *option_of(app *a, const ProtobufCFieldDescriptor *field) {
    const char *option = fill_option(a->call->mem, field);
    return option ? option : "node";
}

static bool is_cleared(const app *a, const char *option) {
    const char *text;
    for (size_t i = 0; (text = args_nth(&a->args, "clear", i)); i++)
        if (strcmp(text, option) == 0)
            return true;
    return false;
}

/* --clear names options of this command that are not given as well. */
static bh_err *check_cleared(app *a, const verb *v) {
    const char *text;
    for (size_t i = 0; (text = args_nth(&a->args, "clear", i)); i++) {
        if (strcmp(text, "clear") == 0 || !verb_lists(a, v->options, text))
            return bh_fail(a->call, OPTION_BAD, "clear", text, verb_choices(a, v, "clear"));
        if (args_get(&a->args, text))
            return bh_fail(a->call, OPTIONS_EXCLUSIVE, arena_printf(a->call->mem, "clear %s", text), text);
    }
    return NULL;
}

/* What an option gives is replaced, what --clear names becomes empty. */
static bh_err *name_fields(app *a, Bh__ReviseDraftRequest *request) {
    const ProtobufCMessageDescriptor *type = &bh__draft__descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const char *option = option_of(a, &type->fields[i]);
        if (args_get(&a->args, option) || is_cleared(a, option))
            fill_add_text(a, &request->fields, &request->n_fields, type->fields[i].name);
    }
    return request->n_fields ? NULL
                             : bh_fail(a->call, OPTION_MISSING, "--lead-unit | --leader | --deadline | ... | --clear");
}

bh_err *cmd_task_revise(app *a, const verb *v) {
    Bh__ReviseDraftRequest *request = (Bh__ReviseDraftRequest *) remote_request(a, revise_draft);
    Bh__ReviseDraftResponse *response;
    TRY(check_cleared(a, v));
    TRY(name_fields(a, request));
    TRY(fill_request(a, &request->base));
    TRY(fill_draft(a, &request->draft));
    TRY(command_send(a, revise_draft, &request->base, NULL, (ProtobufCMessage **) &response));
    out_record(a, &response->base);
    if (response->is_past_due)
        out_note(
            SAY(a, "期限早于今天，提交前须改期", "the deadline lies before today: set another before it is submitted"));
    return NULL;
}

static bh_err *fill_set(app *a, Bh__SetTasksRequest *request) {
    int year, month, day;
    TRY(fill_request(a, &request->base));
    if (!request->plan_year) {
        day_split(day_at(a->call->now_ms), &year, &month, &day);
        request->plan_year = year;
    }
    return fill_nodes(a, &request->milestones, &request->n_milestones);
}

static bh_err *chosen(app *a, Bh__Task ***ret_tasks, size_t *ret_n) {
    const char *text = args_get(&a->args, "task"), *task_id;
    if (!text)
        return bulk_tasks(a, set_tasks.name, ret_tasks, ret_n);
    *ret_tasks = arena_alloc(a->call->mem, sizeof(**ret_tasks));
    *ret_n = 1;
    TRY(ref_task(a, text, &task_id));
    return ref_get_task(a, task_id, *ret_tasks);
}

static void name_tasks(app *a, Bh__SetTasksRequest *request, Bh__Task *const *tasks, size_t n) {
    request->tasks = arena_array(a->call->mem, n, sizeof(Bh__TaskVersion *));
    request->n_tasks = n;
    for (size_t i = 0; i < n; i++) {
        Bh__TaskVersion *one = arena_alloc(a->call->mem, sizeof(*one));
        bh__task_version__init(one);
        one->task_id = tasks[i]->task_id;
        one->version = tasks[i]->version;
        request->tasks[i] = one;
    }
}

/* One part of a long list: small enough to answer in time, each under its own id. */
static bh_err *set_part(app *a, Bh__Task *const *tasks, size_t n, Bh__TaskOutcome **outcomes) {
    Bh__SetTasksRequest *request = (Bh__SetTasksRequest *) remote_request(a, set_tasks);
    Bh__SetTasksResponse *response;
    TRY(fill_set(a, request));
    name_tasks(a, request, tasks, n);
    TRY(command_send(a, set_tasks, &request->base, NULL, (ProtobufCMessage **) &response));
    if (response->n_outcomes != n)
        return bh_fail(a->call, ANSWER_UNREADABLE, "SetTasks");
    memcpy(outcomes, response->outcomes, n * sizeof(*outcomes));
    return NULL;
}

/* The first refusal of the list as an error, the others on stderr. */
static bh_err *refused(app *a, Bh__TaskOutcome *const *outcomes, size_t n) {
    const Bh__TaskOutcome *first = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!*outcomes[i]->reason)
            continue;
        out_note("%s: %s", outcomes[i]->task_id, SAY(a, outcomes[i]->message_zh, outcomes[i]->message_en));
        first = first ? first : outcomes[i];
    }
    return !first ? NULL
                  : bh_err_raw(a->call, (bh_err){ .code = BH_FAILED_PRECONDITION,
                                                  .reason = first->reason,
                                                  .zh = first->message_zh,
                                                  .en = first->message_en });
}

/* Plan year and default result fill gaps only: a draft keeps what its document gave it, and the caller is told. */
static void tell_kept(app *a, Bh__Task *const *tasks, Bh__TaskOutcome *const *outcomes, size_t n) {
    size_t deadlines = 0, results = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_set = !*outcomes[i]->reason;
        deadlines += is_set && *tasks[i]->deadline;
        results += is_set && *tasks[i]->result;
    }
    if (deadlines && args_get(&a->args, "plan-year") && !args_get(&a->args, "deadline"))
        out_note(SAY(a, "%zu 项已有期限，未改动；用 --deadline 可改",
                     "%zu tasks kept the deadline they had; --deadline changes it"),
                 deadlines);
    if (results && args_get(&a->args, "default-result") && !args_get(&a->args, "result"))
        out_note(SAY(a, "%zu 项已有成果要求，未改动；用 --result 可改",
                     "%zu tasks kept the result they had; --result changes it"),
                 results);
}

/* A plan year that is over gives such deadlines, and documents do. */
static void tell_past_due(app *a, Bh__TaskOutcome *const *outcomes, size_t n) {
    size_t past = 0;
    for (size_t i = 0; i < n; i++)
        past += (size_t) outcomes[i]->is_past_due;
    if (past)
        out_note(SAY(a, "%zu 项的期限早于今天，提交前须用 --deadline 改期",
                     "%zu tasks have a deadline before today: --deadline sets another before they are submitted"),
                 past);
}

/* The day the command gives may change with the calendar of its year. */
static bh_err *tell_provisional(app *a, Bh__Task *const *tasks, size_t n) {
    Bh__SetTasksRequest *request = (Bh__SetTasksRequest *) remote_request(a, set_tasks);
    TRY(fill_set(a, request));
    bool is_given = *request->deadline;
    for (size_t i = 0; i < n; i++)
        is_given |= !*tasks[i]->deadline;
    int32_t day;
    if (!day_parse(request->deadline, &day))
        day = last_workday_of_year(request->plan_year);
    if (is_given && !is_published(day))
        out_note(SAY(a, "期限 %s 所在年份日历未公布，暂按周末计算",
                     "The calendar of the year of %s is not published: only weekends count, for now."),
                 day_text(a->call->mem, day));
    return NULL;
}

bh_err *cmd_task_set(app *a, UNUSED const verb *v) {
    Bh__Task **tasks;
    size_t n;
    TRY(chosen(a, &tasks, &n));
    if (bulk_is_over(a, n))
        return NULL;
    Bh__TaskOutcome **outcomes = arena_array(a->call->mem, n, sizeof(*outcomes));
    progress bar;
    progress_begin(&bar, n);
    for (size_t i = 0; i < n; i += SET_PART) {
        size_t part = n - i < SET_PART ? n - i : SET_PART;
        TRY(set_part(a, tasks + i, part, outcomes + i));
        progress_step(&bar, part);
    }
    progress_end(&bar);
    out_list(a, "outcomes", &bh__task_outcome__descriptor,
             SAY(a, "task_id version is_unchanged is_past_due message_zh +reason",
                 "task_id version is_unchanged is_past_due message_en +reason"),
             (ProtobufCMessage *const *) outcomes, n);
    tell_kept(a, tasks, outcomes, n);
    tell_past_due(a, outcomes, n);
    TRY(tell_provisional(a, tasks, n));
    return refused(a, outcomes, n);
}
