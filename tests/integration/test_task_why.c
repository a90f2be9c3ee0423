/* "Why can I not?": moves about another unit's leg say which unit to name, and the lead is told its own moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bihuan/v1/task_service.pb-c.h"
#include "integration/task_kit.h"

/* An active task of office 10: 20 leads and works, 21 has handed in, 22 has not acknowledged. */
static char *put_task(desk *d) {
    char *task = desk_request_id(d);
    desk_sql(d,
             "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, "
             "office_unit, lead_unit, leader_ids, issuer, created_ms, position) values (1, '%s', 5, sha256(''), 4, "
             "'1.1', 't', 'r', '2025-12-31', false, 10, 20, '{50}', 3, 1700000000000, 1);"
             "insert into task.leg (site_id, task_id, unit_id, role, state) values "
             "(1, '%s', 20, 1, 2), (1, '%s', 21, 2, 3), (1, '%s', 22, 2, 1)",
             task, task, task, task);
    return task;
}

/* The answer about one move. */
static const Bh__MoveAnswer *why(desk *d, const char *who, char *task, int32_t unit_id, const char *move) {
    Bh__ExplainMovesRequest request = BH__EXPLAIN_MOVES_REQUEST__INIT;
    Bh__ExplainMovesResponse *response;
    request.task_id = task;
    request.unit_id = unit_id;
    assert_null(ASK(d, "ExplainMoves", person_named(who), request, &response));
    for (size_t i = 0; i < response->n_moves; i++)
        if (strcmp(response->moves[i]->move, move) == 0)
            return response->moves[i];
    fail_msg("no move %s", move);
    return NULL;
}

static void the_units_that_may_be_named_are_told(void **state) {
    char *task = put_task(*state);
    const Bh__MoveAnswer *urge = why(*state, "verifier", task, 0, "URGE");
    assert_string_equal(urge->reason, "UNIT_MISSING");
    assert_string_equal(urge->message_zh,
                        "催办须指明单位（unit_id，命令行用 --unit）：unit 20 (20), unit 21 (21), unit 22 (22)");
    const Bh__MoveAnswer *absent = why(*state, "verifier", task, 0, "MARK_ABSENT");
    assert_non_null(strstr(absent->message_en, ": unit 21 (21), unit 22 (22)."));
    assert_true(why(*state, "verifier", task, 21, "URGE")->allowed);
}

static void where_no_unit_fits_that_is_said(void **state) {
    char *task = put_task(*state);
    const Bh__MoveAnswer *uphold = why(*state, "office_head", task, 0, "UPHOLD");
    assert_string_equal(uphold->reason, "WRONG_LEG_STATE");
    assert_string_equal(uphold->message_zh, "没有单位的分工在“有异议”，不能裁定异议成立");
    assert_string_equal(why(*state, "office_head", task, 21, "UPHOLD")->message_zh,
                        "该单位的分工现为“已提交”，只有在“有异议”时才能裁定异议成立");
}

static void a_command_that_names_no_unit_is_told_so(void **state) {
    char *task = put_task(*state);
    assert_starts(desk_call(*state, "UrgeLeg", person_named("verifier"), "\"task_id\":\"%s\",\"version\":5", task),
                  "!UNIT_MISSING ");
}

static void the_lead_is_told_its_own_moves(void **state) {
    char *task = put_task(*state);
    assert_string_equal(why(*state, "lead_handler", task, 0, "SUBMIT_LEG")->reason, "IS_LEAD");
    const Bh__MoveAnswer *countersign = why(*state, "lead_head", task, 0, "COUNTERSIGN");
    assert_string_equal(countersign->reason, "IS_LEAD");
    assert_string_equal(countersign->unblock_zh, "协办单位");
    assert_string_equal(countersign->unblock_en, "the co-units");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_units_that_may_be_named_are_told),
        cmocka_unit_test(where_no_unit_fits_that_is_said),
        cmocka_unit_test(a_command_that_names_no_unit_is_told_so),
        cmocka_unit_test(the_lead_is_told_its_own_moves),
    };
    return cmocka_run_group_tests(tests, task_setup, desk_teardown);
}
