#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "bounds.h"
#include "cmd.h"
#include "command.h"
#include "disk.h"
#include "domain/calendar.h"
#include "domain/task.h"
#include "draft.h"
#include "earlier.h"
#include "findings.h"
#include "out.h"
#include "store.h"
#include "table.h"

static const remote_method get_me = { &bh__directory_service__descriptor, "GetMe" };
static const remote_method import_targets = { &bh__target_service__descriptor, "ImportTargets" };
static const remote_method import_tasks = { &bh__task_service__descriptor, "ImportTasks" };

static bh_err *read_document(app *a, intake *in) {
    uint8_t digest[SHA256_SIZE];
    char *text;
    size_t n;
    TRY(disk_read(a, args_get(&a->args, "file"), &text, &n));
    sha256(text, n, digest);
    in->digest = hex(a->call->mem, digest, sizeof(digest));
    TRY(import_parse(a->call, text, n, &in->document));
    return draft_collect(a, in);
}

static void show(app *a, const import_document *document) {
    if (a->out == OUT_JSON) {
        puts(import_write_json(document));
        return;
    }
    findings_items(a, document);
    findings_summary(a, document, stderr);
    findings_warnings(a, document, stderr);
}

/* An import belongs to the unit of the post that one works in. */
static bh_err *name_import(app *a, intake *in) {
    Bh__GetMeResponse *me;
    TRY(earlier_check(a, in));
    TRY(remote_call(a, get_me, remote_request(a, get_me), (ProtobufCMessage **) &me));
    in->import_id = import_id(me->post->unit_id, in->digest, in->round);
    return NULL;
}

static bh_err *map(app *a, intake *in) {
    TRY(printed_map_units(a, &in->units, &in->aliases));
    return printed_map_leaders(a, &in->leaders);
}

/* Unknown names stop the import: nothing is created silently. They are told even when a mapping is wrong: it may be the
 * spelling of one of them. */
static bh_err *resolve(app *a, intake *in) {
    TRY(printed_resolve_units(a, &in->units));
    TRY(printed_resolve_leaders(a, &in->leaders));
    bh_err *mapped = map(a, in);
    size_t unknown = printed_report_unknown(a, &in->units, "unit") + printed_report_unknown(a, &in->leaders, "leader");
    TRY(mapped);
    return unknown ? bh_fail(a->call, NAMES_UNKNOWN, arena_printf(a->call->mem, "%zu", unknown)) : NULL;
}

/* Both requests, within the limits; what is joined or stays apart is told. */
static bh_err *build(app *a, const intake *in, draft_set *set) {
    *set = (draft_set){ .tasks = (Bh__ImportTasksRequest *) remote_request(a, import_tasks),
                        .targets = (Bh__ImportTargetsRequest *) remote_request(a, import_targets) };
    TRY(draft_build(a, in, set));
    findings_twins(a, set, stderr);
    findings_provisional(a, set, stderr);
    return bounds_check(a, set);
}

/* What would refuse the tasks does so before anything is kept. Then targets first: the import shows when its tasks are
 * in. A repeat sends all of it again and changes nothing. */
static bh_err *send(app *a, const draft_set *set, const printed_names *aliases) {
    ProtobufCMessage *response;
    set->tasks->validate_only = true;
    TRY(command_send(a, import_tasks, &set->tasks->base, NULL, &response));
    set->tasks->validate_only = false;
    TRY(printed_keep_units(a, aliases));
    if (set->targets->n_targets)
        TRY(command_send(a, import_targets, &set->targets->base, NULL, &response));
    return command_send(a, import_tasks, &set->tasks->base, NULL, &response);
}

static void show_json(app *a, const draft_set *set) {
    json_writer w;
    jw_init(&w, a->call->mem);
    jw_open_object(&w, NULL);
    jw_string(&w, "import_id", set->tasks->import_id);
    jw_int(&w, "item_count", (int64_t) set->items_n);
    jw_int(&w, "joined_count", (int64_t) set->joined_n);
    jw_int(&w, "task_count", (int64_t) set->tasks->n_drafts);
    jw_int(&w, "target_count", set->tasks->target_count);
    jw_close_object(&w);
    puts(w.out.s);
}

static void show_result(app *a, const draft_set *set) {
    if (a->out == OUT_JSON) {
        show_json(a, set);
        return;
    }
    enum { COLUMNS = 5 };
    arena *mem = a->call->mem;
    table t;
    const char *const cells[2][COLUMNS] = {
        { SAY(a, "导入", "import"), SAY(a, "事项数", "items"), SAY(a, "合并数", "joined"), SAY(a, "任务数", "tasks"),
          SAY(a, "目标数", "targets") },
        { set->tasks->import_id, arena_printf(mem, "%zu", set->items_n), arena_printf(mem, "%zu", set->joined_n),
          arena_printf(mem, "%zu", set->tasks->n_drafts), arena_printf(mem, "%d", set->tasks->target_count) },
    };
    table_init(a, &t, COLUMNS, 1);
    for (size_t row = 0; row < 2; row++)
        for (size_t column = 0; column < COLUMNS; column++)
            table_add(a, &t, row, column, cells[row][column]);
    table_show(a, &t);
}

/* The first "20xx" of the title, or 0. */
static int year_of(const char *title) {
    for (const char *p = strstr(title, "20"); p; p = strstr(p + 1, "20"))
        if (strspn(p, "0123456789") == 4)
            return (int) strtol(p, NULL, 10);
    return 0;
}

/* The year whose last workday drafts without a deadline shall get: the plan's, or the next that is not over. */
static int deadline_year(const app *a, const char *title) {
    enum { YEAR_DIGITS = 4 };
    int32_t today = day_at(a->call->now_ms);
    char *this_year = arena_strndup(a->call->mem, day_text(a->call->mem, today), YEAR_DIGITS);
    int year = (int) strtol(this_year, NULL, 10), planned = year_of(title);
    year += last_workday_of_year(year) < today;
    return planned > year ? planned : year;
}

static void show_next(app *a, const Bh__ImportTasksRequest *tasks) {
    out_note("%s\n  bihuan task set --import %s --all --plan-year %d --default-result '%s'\n"
             "  bihuan task submit --import %s --all\n  bihuan task issue --import %s --all",
             SAY(a, "下一步：设定期限与成果、提交审定，由督查室负责人交办：",
                 "Next: deadline and result, submit for approval, issue (head of office):"),
             tasks->import_id, deadline_year(a, tasks->document_title),
             SAY(a, "书面总结并附佐证材料", "written report with evidence"), tasks->import_id, tasks->import_id);
}

/* What was in already is said to be so; what follows depends on what became of it. */
static void show_known(app *a, const Bh__Import *known, const Bh__ImportTasksRequest *tasks) {
    int ended = known->task_count - known->open_count - known->issued_count;
    out_note(SAY(a, "以前已经导入，本次没有增加：草稿未交办 %d 项，已交办 %d 项，已终止 %d 项",
                 "It was imported before, nothing was added: %d drafts not issued, %d tasks issued, %d ended."),
             known->open_count, known->issued_count, ended);
    if (known->open_count)
        show_next(a, tasks);
    else
        out_note("%s", SAY(a, "要另行导入，请加 --again", "To import it anew add --again."));
}

bh_err *cmd_import(app *a, UNUSED const verb *v) {
    intake in;
    draft_set set;
    TRY(read_document(a, &in));
    if (args_get(&a->args, "dry-run")) {
        show(a, &in.document);
        return NULL;
    }
    TRY(store_find_session(a));
    findings_summary(a, &in.document, stderr);
    size_t warnings = findings_warnings(a, &in.document, stderr);
    TRY(name_import(a, &in));
    TRY(resolve(a, &in));
    TRY(build(a, &in, &set));
    TRY(ask_confirmation(a, warnings ? SAY(a, "有存疑之处，仍要导入吗？", "There are doubts. Import all the same?")
                                     : SAY(a, "导入吗？", "Import?")));
    TRY(send(a, &set, &in.aliases));
    show_result(a, &set);
    if (in.known)
        show_known(a, in.known, set.tasks);
    else
        show_next(a, set.tasks);
    return NULL;
}
