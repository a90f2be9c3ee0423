/* The rules of moves as pure functions: what a refusal says, in which order, and that the table is well formed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/task.h"

#define F(name) (UINT64_C(1) << FACT_##name)
static const uint64_t everything = ~UINT64_C(0);

static const task_facts may_verify = { .state = TASK_VERIFYING, .facts = F(OFFICE) };

static int setup(void **state) {
    *state = call_new("test", 1000);
    return 0;
}

static int teardown(void **state) {
    call_free(*state);
    return 0;
}

static void a_move_that_may_be_made_has_no_refusal(void **state) {
    assert_null(move_refusal(*state, MOVE_VERIFY, POST_VERIFIER, &may_verify));
}

static void a_wrong_post_is_told_which_post_it_takes(void **state) {
    bh_err *e = move_refusal(*state, MOVE_VERIFY, POST_HANDLER, &may_verify);
    assert_string_equal(e->reason, "POST_REFUSED");
    assert_int_equal(e->code, BH_PERMISSION_DENIED);
    assert_string_equal(e->zh, "核验通过须由核验人办理");
    assert_string_equal(e->en, "To verify takes the post: verifier.");
    assert_string_equal(e->unblock_zh, "核验人");
    assert_string_equal(e->unblock_en, "verifier");
}

static void who_is_said_before_what(void **state) {
    task_facts facts = { .state = TASK_DRAFT, .facts = 0 };
    assert_string_equal(move_refusal(*state, MOVE_VERIFY, POST_VERIFIER, &facts)->reason, "NOT_OFFICE");
    facts.facts = F(OFFICE);
    bh_err *e = move_refusal(*state, MOVE_VERIFY, POST_VERIFIER, &facts);
    assert_string_equal(e->reason, "WRONG_STATE");
    assert_string_equal(e->zh, "任务现为“草拟”，只有在“待核验”时才能核验通过");
    assert_string_equal(e->en, "The task is draft; to verify it must be: verifying.");
}

static void the_leg_the_move_is_about_must_be_in_the_right_state(void **state) {
    task_facts facts = { .state = TASK_ACTIVE, .own_leg = LEG_WORKING, .facts = F(OWN_LEG) | F(CLOSURE_WRITTEN) };
    bh_err *e = move_refusal(*state, MOVE_COUNTERSIGN, POST_HEAD, &facts);
    assert_string_equal(e->reason, "WRONG_LEG_STATE");
    assert_string_equal(e->zh, "该单位的分工现为“承办中”，只有在“已提交、有异议”时才能会签同意");
    facts.own_leg = LEG_SUBMITTED;
    assert_null(move_refusal(*state, MOVE_COUNTERSIGN, POST_HEAD, &facts));
}

static void the_unit_a_move_is_about_must_be_named(void **state) {
    task_facts facts = { .state = TASK_ACTIVE, .facts = F(OFFICE) };
    bh_err *e = move_refusal(*state, MOVE_URGE, POST_VERIFIER, &facts);
    assert_string_equal(e->reason, "UNIT_MISSING");
    assert_string_equal(e->zh, "催办须指明单位（unit_id，命令行用 --unit）");
    facts.others = "市财政局 (21)";
    e = move_refusal(*state, MOVE_URGE, POST_VERIFIER, &facts);
    assert_string_equal(e->zh, "催办须指明单位（unit_id，命令行用 --unit）：市财政局 (21)");
    assert_string_equal(e->en, "To urge, name the unit (unit_id; --unit on the command line): 市财政局 (21).");
    facts.others = "";
    e = move_refusal(*state, MOVE_UPHOLD, POST_OFFICE_HEAD, &facts);
    assert_string_equal(e->reason, "WRONG_LEG_STATE");
    assert_string_equal(e->zh, "没有单位的分工在“有异议”，不能裁定异议成立");
    assert_string_equal(e->en, "To uphold a dissent takes a unit whose leg is dissent; there is none.");
}

/* Whatever its leg's state: the lead hands in no part and answers no text of its own. */
static void the_lead_is_told_its_own_moves(void **state) {
    static const struct {
        task_move move;
        post_kind post;
    } rows[] = { { MOVE_SUBMIT_LEG, POST_HANDLER }, { MOVE_COUNTERSIGN, POST_HEAD }, { MOVE_DISSENT, POST_HEAD } };
    task_facts facts = { .state = TASK_ACTIVE, .own_leg = LEG_WORKING, .facts = F(OWN_LEG) | F(LEAD) | F(LEAD_LEG) };
    for (size_t i = 0; i < countof(rows); i++)
        assert_string_equal(move_refusal(*state, rows[i].move, rows[i].post, &facts)->reason, "IS_LEAD");
}

/* What a draft lacks is told at once, not one thing after the other. */
static void all_that_is_missing_is_told(void **state) {
    const char *reasons[GUARD_COUNT];
    uint64_t missing = F(RESULT_SET) | F(LEAD_SET);
    assert_int_equal(move_missing(MOVE_SUBMIT, everything, reasons), 0);
    assert_int_equal(move_missing(MOVE_SUBMIT, everything & ~missing, reasons), 2);
    assert_string_equal(reasons[0], "NO_LEAD");
    assert_string_equal(reasons[1], "NO_RESULT");
    task_facts facts = { .state = TASK_DRAFT, .facts = everything & ~missing };
    bh_err *e = move_refusal(*state, MOVE_SUBMIT, POST_DRAFTER, &facts);
    assert_string_equal(e->reason, "NO_LEAD");
    assert_non_null(strstr(e->zh, "--lead-unit 单位；尚无可衡量的成果"));
    assert_non_null(strstr(e->en, "--lead-unit UNIT. A measurable result is missing"));
    assert_string_equal(e->unblock_zh, "拟稿人");
}

/* Whoever named a day is told which, and what would do. */
static void a_day_that_is_no_extension_is_told_with_the_deadline(void **state) {
    task_facts facts = { .state = TASK_ACTIVE,
                         .day = "2025-12-30",
                         .deadline = "2025-12-31",
                         .facts = everything & ~(F(DAY_EXTENDS) | F(APPLICATION_OWN)) };
    assert_string_equal(
        move_refusal(*state, MOVE_GRANT_EXTENSION, POST_OFFICE_HEAD, &facts)->zh,
        "延至的 2025-12-30 不晚于现期限 2025-12-31；请另选 2025-12-31 之后的工作日（--day），或不准该申请");
}

static void guards_answer_with_their_own_sentence_and_who_can_help(void **state) {
    task_facts facts = { .state = TASK_ACTIVE,
                         .own_leg = LEG_WORKING,
                         .facts = everything & ~F(CO_LEGS_SETTLED) & ~F(CLOSURE_WRITER) };
    bh_err *e = move_refusal(*state, MOVE_SIGN_CLOSURE, POST_HEAD, &facts);
    assert_string_equal(e->reason, "CO_UNIT_OPEN");
    assert_int_equal(e->code, BH_FAILED_PRECONDITION);
    assert_non_null(strstr(e->unblock_en, "co-units"));
}

static void the_same_person_is_refused_whatever_the_post(void **state) {
    static const task_fact taken[] = { FACT_DRAFTED, FACT_ISSUED_IT, FACT_ACTED_IN_UNIT, FACT_VERIFIED_IT };
    static const char *const reasons[] = { "DRAFTED_IT", "ISSUED_BY_YOU", "TOOK_PART", "VERIFIED_BY_YOU" };
    for (size_t i = 0; i < countof(taken); i++) {
        task_facts facts = may_verify;
        facts.facts |= UINT64_C(1) << taken[i];
        bh_err *e = move_refusal(*state, MOVE_VERIFY, POST_VERIFIER, &facts);
        assert_string_equal(e->reason, reasons[i]);
    }
}

/* What SQL is given and what C explains must be the same question. */
static void masks_agree_with_the_refusal(void **state) {
    for (int m = MOVE_NONE + 1; m < MOVE_COUNT; m++) {
        const move_row *row = move_of((task_move) m);
        post_kind post = (post_kind) __builtin_ctz(row->posts);
        leg_state leg = row->leg == LEG_OF_NONE ? LEG_PENDING : (leg_state) __builtin_ctz(row->leg_states);
        task_facts facts = { .state = (task_state) __builtin_ctz(row->states),
                             .own_leg = leg,
                             .other_leg = leg,
                             .names_other = true,
                             .facts = move_needs((task_move) m) };
        assert_null(move_refusal(*state, (task_move) m, post, &facts));
        for (int bit = 0; bit < 64; bit++) {
            uint64_t one = UINT64_C(1) << bit;
            task_facts turned = facts;
            turned.facts ^= one;
            bool is_asked = (move_needs((task_move) m) | move_forbids((task_move) m)) & one;
            assert_int_equal(move_refusal(*state, (task_move) m, post, &turned) != NULL, is_asked);
        }
    }
}

static void the_table_is_well_formed(void **state) {
    (void) state;
    for (int m = MOVE_NONE + 1; m < MOVE_COUNT; m++) {
        const move_row *row = move_of((task_move) m);
        assert_true(row->posts && row->states && *row->zh && *row->en);
        assert_int_equal(row->leg == LEG_OF_NONE, row->leg_states == 0);
        assert_false(move_needs((task_move) m) & move_forbids((task_move) m));
        assert_false(row->states & (1u << TASK_ARCHIVED | 1u << TASK_TERMINATED));
        assert_false(row->posts & (1u << POST_AUDITOR | 1u << POST_OPERATOR));
    }
}

static void a_line_of_a_history_is_found_by_its_name(void **state) {
    (void) state;
    for (int m = MOVE_NONE; m < MOVE_COUNT; m++)
        assert_ptr_equal(move_named(move_of((task_move) m)->name), move_of((task_move) m));
    assert_string_equal(move_named("CREATE")->zh, "新建");
    assert_null(move_named("create"));
}

/* Ids that were given out stay: targets of an import point at its drafts. */
static void a_draft_has_the_id_of_its_place(void **state) {
    bh_call *c = *state;
    uuid import;
    assert_true(uuid_parse("01890000-0000-7000-8000-0000000000cc", &import));
    assert_string_equal(uuid_text(c->mem, draft_id(import, 0)), "5aae867f-f37a-8ef9-9ec8-d31a32937260");
    assert_string_equal(uuid_text(c->mem, draft_id(import, 12)), "22578abb-b69e-85e6-8c39-76f703342207");
}

/* So does the id of an import: clients derive it, and a unit has its own for each round. */
static void an_import_is_of_a_unit_and_a_document(void **state) {
    bh_call *c = *state;
    const char one[] = "1111111111111111111111111111111111111111111111111111111111111111";
    assert_string_equal(uuid_text(c->mem, import_id(10, one, 1)), "804d9ee1-dcfa-8f0f-a021-de0f50ed049c");
    assert_string_equal(uuid_text(c->mem, import_id(10, one, 2)), "2c58c9d1-c74d-8236-b2f1-9d4d7fc9bca1");
    assert_string_equal(uuid_text(c->mem, import_id(91, one, 1)), "532177eb-fd3d-8178-a1ef-1c04251f8a54");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_move_that_may_be_made_has_no_refusal),
        cmocka_unit_test(a_wrong_post_is_told_which_post_it_takes),
        cmocka_unit_test(who_is_said_before_what),
        cmocka_unit_test(the_leg_the_move_is_about_must_be_in_the_right_state),
        cmocka_unit_test(the_unit_a_move_is_about_must_be_named),
        cmocka_unit_test(the_lead_is_told_its_own_moves),
        cmocka_unit_test(all_that_is_missing_is_told),
        cmocka_unit_test(a_day_that_is_no_extension_is_told_with_the_deadline),
        cmocka_unit_test(guards_answer_with_their_own_sentence_and_who_can_help),
        cmocka_unit_test(the_same_person_is_refused_whatever_the_post),
        cmocka_unit_test(masks_agree_with_the_refusal),
        cmocka_unit_test(the_table_is_well_formed),
        cmocka_unit_test(a_line_of_a_history_is_found_by_its_name),
        cmocka_unit_test(a_draft_has_the_id_of_its_place),
        cmocka_unit_test(an_import_is_of_a_unit_and_a_document),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
