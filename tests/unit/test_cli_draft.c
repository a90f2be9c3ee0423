#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/task.h"
#include "draft.h"

enum { FINANCE = 11, REFORM = 12, TRANSPORT = 13, EAST = 21, WEST = 22, FIRST = 31, SECOND = 32 };

static const char *const unit_names[] = { "财政局", "发改委", "发展改革委", "交通局", "东区", "西区" };
static const int32_t unit_ids[] = { FINANCE, REFORM, REFORM, TRANSPORT, EAST, WEST };

static import_names names_of(app *a, const char *const *list, size_t n) {
    return (import_names){ .at = arena_memdup(a->call->mem, list, n * sizeof(*list)), .n = n };
}

#define NAMES(a, ...) \
    names_of(a, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static app *fresh_app(void) {
    bh_call *call = call_new("test", 1000);
    app *a = arena_alloc(call->mem, sizeof(*a));
    *a = (app){ .call = call, .is_english = true };
    return a;
}

/* A document of one item as the directory would have resolved it; the caller adds more. */
static intake *fresh_intake(app *a, size_t items) {
    intake *in = arena_alloc(a->call->mem, sizeof(*in));
    in->digest = "00";
    in->document.tasks.at = arena_array(a->call->mem, items, sizeof(import_item));
    in->document.tasks.n = items;
    for (size_t i = 0; i < items; i++)
        in->document.tasks.at[i] = (import_item){
            .no = arena_printf(a->call->mem, "1.%zu", i + 1),
            .leader = "甲",
            .leader_title = "",
            .text = "事项",
            .lead = "财政局",
            .first_line = 3,
            .last_line = 5,
        };
    return in;
}

static void resolve(app *a, intake *in) {
    assert_null(draft_collect(a, in));
    for (size_t i = 0; i < in->units.n; i++)
        for (size_t k = 0; k < countof(unit_names); k++)
            if (strcmp(in->units.at[i], unit_names[k]) == 0)
                in->units.ids[i] = unit_ids[k];
    for (size_t i = 0; i < in->leaders.n; i++)
        in->leaders.ids[i] = strcmp(in->leaders.at[i], "甲") == 0 ? FIRST : SECOND;
}

static Bh__ImportTasksRequest *build(app *a, intake *in, Bh__ImportTargetsRequest *targets) {
    Bh__ImportTasksRequest *tasks = arena_alloc(a->call->mem, sizeof(*tasks));
    bh__import_tasks_request__init(tasks);
    bh__import_targets_request__init(targets);
    resolve(a, in);
    assert_null(draft_build(a, in, tasks, targets));
    return tasks;
}

/* Two spellings of one unit are one co-unit; the lead is not its own co-unit; what counts for all items is added. */
static void each_unit_once(UNUSED void **state) {
    app *a = fresh_app();
    intake *in = fresh_intake(a, 1);
    Bh__ImportTargetsRequest targets;
    in->document.tasks.at[0].co = NAMES(a, "发改委", "财政局", "发展改革委", "交通局");
    in->document.tasks.at[0].counties = NAMES(a, "东区");
    in->document.co_all = NAMES(a, "西区", "东区", "财政局");
    const Bh__Draft *draft = build(a, in, &targets)->drafts[0];
    assert_int_equal(draft->lead_unit_id, FINANCE);
    assert_int_equal(draft->n_co_unit_ids, 2);
    assert_int_equal(draft->co_unit_ids[0], REFORM);
    assert_int_equal(draft->co_unit_ids[1], TRANSPORT);
    assert_int_equal(draft->n_county_unit_ids, 2);
    assert_int_equal(draft->county_unit_ids[0], EAST);
    assert_int_equal(draft->county_unit_ids[1], WEST);
    assert_int_equal(draft->first_line, 3);
    app_close(a);
}

/* One work under two leaders is stored once, signed by both. */
static void same_work_once(UNUSED void **state) {
    app *a = fresh_app();
    intake *in = fresh_intake(a, 3);
    Bh__ImportTargetsRequest targets;
    import_item *items = in->document.tasks.at;
    import_target number = {
        .metric = "车站", .comparator = ">=", .number = "6", .unit = "座", .phrase = "车站6座以上"
    };
    items[0].same_as = NAMES(a, "1.3");
    items[2].same_as = NAMES(a, "1.1");
    items[2].leader = "乙";
    items[2].lead = "交通局";
    items[2].co = NAMES(a, "东区");
    items[0].targets = items[2].targets = &number;
    items[0].targets_n = items[2].targets_n = 1;
    Bh__ImportTasksRequest *tasks = build(a, in, &targets);
    assert_int_equal(tasks->n_drafts, 2);
    assert_int_equal(tasks->drafts[0]->n_leader_ids, 2);
    assert_int_equal(tasks->drafts[0]->leader_ids[1], SECOND);
    assert_int_equal(tasks->drafts[0]->lead_unit_id, FINANCE);
    assert_int_equal(tasks->drafts[0]->n_co_unit_ids, 2);
    assert_int_equal(tasks->drafts[0]->co_unit_ids[0], TRANSPORT);
    assert_int_equal(tasks->drafts[0]->co_unit_ids[1], EAST);
    assert_int_equal(tasks->drafts[1]->n_leader_ids, 1);
    assert_int_equal(tasks->target_count, 1);
    app_close(a);
}

/* The target points at the draft the service will make of the item, by position. */
static void target_of_its_task(UNUSED void **state) {
    app *a = fresh_app();
    intake *in = fresh_intake(a, 2);
    Bh__ImportTargetsRequest targets;
    import_target number = { .metric = "", .comparator = "<=", .number = "35", .unit = "%", .phrase = "控制在35%以内" };
    in->document.tasks.at[1].targets = &number;
    in->document.tasks.at[1].targets_n = 1;
    const Bh__Draft *draft = build(a, in, &targets)->drafts[1];
    assert_string_equal(targets.targets[0]->task_id, uuid_text(a->call->mem, draft_id(in->import_id, 1)));
    assert_int_equal(targets.targets[0]->comparator, BH__COMPARATOR__COMPARATOR_AT_MOST);
    assert_string_equal(targets.targets[0]->metric, "控制在35%以内");
    assert_string_equal(draft->result, "控制在35%以内");
    app_close(a);
}

/* 2025-11-30 is a Sunday; 2025-10-05 lies in the national holiday, whose last workday before is 30 September. */
static void deadline_is_a_workday(UNUSED void **state) {
    static const struct {
        const char *printed, *deadline;
    } rows[] = {
        { "2025-11-28", "2025-11-28" }, { "2025-11-30", "2025-11-28" }, { "2025-10-05", "2025-09-30" }, { NULL, "" }
    };
    for (size_t i = 0; i < countof(rows); i++) {
        app *a = fresh_app();
        intake *in = fresh_intake(a, 1);
        Bh__ImportTargetsRequest targets;
        in->document.tasks.at[0].deadline = rows[i].printed;
        assert_string_equal(build(a, in, &targets)->drafts[0]->deadline, rows[i].deadline);
        app_close(a);
    }
}

static void equal_units_need_a_lead(UNUSED void **state) {
    app *a = fresh_app();
    intake *in = fresh_intake(a, 2);
    Bh__ImportTargetsRequest targets;
    for (size_t i = 0; i < 2; i++) {
        in->document.tasks.at[i].lead = NULL;
        in->document.tasks.at[i].co = NAMES(a, "财政局", "交通局");
    }
    assert_null(args_add(a->call, &a->args, "lead", "1.2=13"));
    Bh__ImportTasksRequest *tasks = build(a, in, &targets);
    assert_int_equal(tasks->drafts[0]->lead_unit_id, 0);
    assert_int_equal(tasks->drafts[0]->n_co_unit_ids, 2);
    assert_int_equal(tasks->drafts[1]->lead_unit_id, TRANSPORT);
    assert_int_equal(tasks->drafts[1]->n_co_unit_ids, 1);
    app_close(a);
}

static void lists_have_their_own_numbers(UNUSED void **state) {
    app *a = fresh_app();
    intake *in = fresh_intake(a, 1);
    Bh__ImportTargetsRequest targets;
    in->document.livelihood = in->document.tasks;
    Bh__ImportTasksRequest *tasks = build(a, in, &targets);
    assert_string_equal(tasks->drafts[0]->no, "1.1");
    assert_string_equal(tasks->drafts[1]->no, "M1.1");
    app_close(a);
}

static void too_many_names(UNUSED void **state) {
    app *a = fresh_app();
    intake *in = fresh_intake(a, PRINTED_MAX + 1);
    for (size_t i = 0; i <= PRINTED_MAX; i++)
        in->document.tasks.at[i].lead = in->document.tasks.at[i].no;
    assert_string_equal(draft_collect(a, in)->reason, "OPTION_BAD");
    app_close(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_unit_once),          cmocka_unit_test(same_work_once),
        cmocka_unit_test(target_of_its_task),      cmocka_unit_test(deadline_is_a_workday),
        cmocka_unit_test(equal_units_need_a_lead), cmocka_unit_test(lists_have_their_own_numbers),
        cmocka_unit_test(too_many_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
