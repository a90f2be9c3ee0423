#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bounds.h"
#include "domain/task.h"
#include "draft.h"
#include "service/field.h"

enum { FINANCE = 11, REFORM = 12, TRANSPORT = 13, EAST = 21, WEST = 22, FIRST = 31, SECOND = 32, THIRD = 33 };

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
        in->leaders.ids[i] = strcmp(in->leaders.at[i], "甲") == 0   ? FIRST
                             : strcmp(in->leaders.at[i], "乙") == 0 ? SECOND
                                                                    : THIRD;
}

static draft_set *build_set(app *a, intake *in) {
    draft_set *set = arena_alloc(a->call->mem, sizeof(*set));
    set->tasks = arena_alloc(a->call->mem, sizeof(*set->tasks));
    set->targets = arena_alloc(a->call->mem, sizeof(*set->targets));
    bh__import_tasks_request__init(set->tasks);
    bh__import_targets_request__init(set->targets);
    resolve(a, in);
    assert_null(draft_build(a, in, set));
    return set;
}

static Bh__ImportTasksRequest *build(app *a, intake *in, Bh__ImportTargetsRequest *targets) {
    draft_set *set = build_set(a, in);
    *targets = *set->targets;
    return set->tasks;
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

/* All items of one text, each named by the others. */
static void make_same(app *a, import_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        const char **others = arena_array(a->call->mem, list->n, sizeof(*others));
        for (size_t k = 0; k < list->n; k++)
            if (k != i)
                others[list->at[i].same_as.n++] = list->at[k].no;
        list->at[i].same_as.at = others;
    }
}

/* One work under two leaders is stored once, signed by both; of its numbers the equal ones once, a further one too. */
static void same_work_once(UNUSED void **state) {
    app *a = fresh_app();
    intake *in = fresh_intake(a, 3);
    import_item *items = in->document.tasks.at;
    import_target numbers[] = {
        { .metric = "车站", .comparator = ">=", .number = "6", .unit = "座", .phrase = "车站6座以上" },
        { .metric = "站台", .comparator = ">=", .number = "9", .unit = "个", .phrase = "站台9个以上" },
    };
    items[0].same_as = NAMES(a, "1.3");
    items[2].same_as = NAMES(a, "1.1");
    items[2].leader = "乙";
    items[2].co = NAMES(a, "交通局");
    items[2].counties = NAMES(a, "东区");
    items[2].first_line = 7;
    items[0].targets = items[2].targets = numbers;
    items[0].targets_n = 1;
    items[2].targets_n = 2;
    draft_set *set = build_set(a, in);
    const Bh__ImportTasksRequest *tasks = set->tasks;
    assert_int_equal(tasks->n_drafts, 2);
    assert_int_equal(tasks->drafts[0]->n_leader_ids, 2);
    assert_int_equal(tasks->drafts[0]->leader_ids[1], SECOND);
    assert_int_equal(tasks->drafts[0]->lead_unit_id, FINANCE);
    assert_int_equal(tasks->drafts[0]->n_co_unit_ids, 1);
    assert_int_equal(tasks->drafts[0]->co_unit_ids[0], TRANSPORT);
    assert_int_equal(tasks->drafts[0]->county_unit_ids[0], EAST);
    assert_int_equal(tasks->drafts[0]->n_also_at, 1);
    assert_string_equal(tasks->drafts[0]->also_at[0]->no, "1.3");
    assert_int_equal(tasks->drafts[0]->also_at[0]->first_line, 7);
    assert_int_equal(tasks->drafts[0]->also_at[0]->last_line, 5);
    assert_int_equal(tasks->drafts[1]->n_leader_ids, 1);
    assert_int_equal(tasks->drafts[1]->n_also_at, 0);
    assert_int_equal(tasks->target_count, 2);
    assert_string_equal(set->targets->targets[1]->task_id, set->targets->targets[0]->task_id);
    assert_int_equal(set->targets->targets[1]->first_line, 7);
    assert_int_equal(set->items_n, 3);
    assert_int_equal(set->joined_n, 1);
    assert_string_equal(set->twins[0].first->no, "1.1");
    assert_string_equal(set->twins[0].again->no, "1.3");
    assert_true(set->twins[0].is_joined);
    app_close(a);
}

/* How many tasks two items of the same words make. */
static void only_the_same_work_is_joined(UNUSED void **state) {
    static const struct {
        bool is_livelihood;
        const char *leader, *lead, *deadline;
        size_t drafts;
    } rows[] = {
        { false, "乙", "财政局", NULL, 1 }, { false, "甲", "财政局", NULL, 2 },
        { false, "乙", "交通局", NULL, 2 }, { false, "乙", "财政局", "2025-11-28", 2 },
        { false, "", "财政局", NULL, 2 },   { true, "甲", "财政局", NULL, 1 },
        { true, "甲", "交通局", NULL, 2 },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        app *a = fresh_app();
        intake *in = fresh_intake(a, 2);
        import_item *again = &in->document.tasks.at[1];
        again->leader = rows[i].leader;
        again->lead = rows[i].lead;
        again->deadline = rows[i].deadline;
        make_same(a, &in->document.tasks);
        if (rows[i].is_livelihood) {
            in->document.livelihood = in->document.tasks;
            in->document.tasks.n = 0;
        }
        draft_set *set = build_set(a, in);
        assert_int_equal(set->tasks->n_drafts, rows[i].drafts);
        assert_int_equal(set->joined_n, 2 - rows[i].drafts);
        assert_int_equal(set->twins_n, set->joined_n);
        app_close(a);
    }
}

/* 450 times the same words under each of two leaders: each item has one twin, however many there are. */
static void many_of_the_same_words(UNUSED void **state) {
    enum { ITEMS = 900 };
    app *a = fresh_app();
    intake *in = fresh_intake(a, ITEMS);
    make_same(a, &in->document.tasks);
    draft_set *set = build_set(a, in);
    assert_int_equal(set->tasks->n_drafts, ITEMS);
    for (size_t i = ITEMS / 2; i < ITEMS; i++)
        in->document.tasks.at[i].leader = "乙";
    set = build_set(a, in);
    assert_int_equal(set->tasks->n_drafts, ITEMS / 2);
    assert_int_equal(set->joined_n, ITEMS / 2);
    app_close(a);
}

/* A task has at most two leaders: the third has a task of its own, and that is told. */
static void a_third_leader_is_told(UNUSED void **state) {
    app *a = fresh_app();
    intake *in = fresh_intake(a, 3);
    in->document.tasks.at[1].leader = "乙";
    in->document.tasks.at[2].leader = "丙";
    make_same(a, &in->document.tasks);
    draft_set *set = build_set(a, in);
    assert_int_equal(set->tasks->n_drafts, 2);
    assert_int_equal(set->twins_n, 2);
    assert_false(set->twins[1].is_joined);
    assert_string_equal(set->twins[1].first->no, "1.1");
    app_close(a);
}

static void what_is_beyond_the_limits_is_refused(UNUSED void **state) {
    static char long_text[TEXT_MAX + 2];
    memset(long_text, 'x', TEXT_MAX + 1);
    import_target number = {
        .metric = "车站", .comparator = "=", .number = "1234567890123456789", .unit = "座", .phrase = "车站"
    };
    app *a = fresh_app();
    assert_string_equal(bounds_check(a, build_set(a, fresh_intake(a, 0)))->reason, "IMPORT_EMPTY");
    assert_null(bounds_check(a, build_set(a, fresh_intake(a, DRAFTS_MAX))));
    assert_string_equal(bounds_check(a, build_set(a, fresh_intake(a, DRAFTS_MAX + 1)))->reason, "IMPORT_BEYOND");
    intake *in = fresh_intake(a, 3);
    in->document.tasks.at[0].text = long_text;
    in->document.tasks.at[1].targets = &number;
    in->document.tasks.at[1].targets_n = 1;
    const bh_err *error = bounds_check(a, build_set(a, in));
    assert_string_equal(error->reason, "IMPORT_BEYOND");
    assert_non_null(strstr(error->en, "2 places"));
    in = fresh_intake(a, LIST_MAX + 2);
    make_same(a, &in->document.tasks);
    in->document.livelihood = in->document.tasks;
    in->document.tasks.n = 0;
    draft_set *joined = build_set(a, in);
    assert_int_equal(joined->tasks->drafts[0]->n_also_at, LIST_MAX + 1);
    assert_string_equal(bounds_check(a, joined)->reason, "IMPORT_BEYOND");
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
        cmocka_unit_test(each_unit_once),
        cmocka_unit_test(same_work_once),
        cmocka_unit_test(target_of_its_task),
        cmocka_unit_test(deadline_is_a_workday),
        cmocka_unit_test(equal_units_need_a_lead),
        cmocka_unit_test(lists_have_their_own_numbers),
        cmocka_unit_test(too_many_names),
        cmocka_unit_test(only_the_same_work_is_joined),
        cmocka_unit_test(many_of_the_same_words),
        cmocka_unit_test(a_third_leader_is_told),
        cmocka_unit_test(what_is_beyond_the_limits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
