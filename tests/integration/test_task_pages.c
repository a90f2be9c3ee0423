/* Pages of texts so long that a full one would be no message: they end earlier, and reading on shows each row once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "integration/task_story.h"
#include "rpc/guard.h"
#include "service/page.h"

enum { REVISIONS = 80, MILESTONES = 20 };

/* What stands behind the name in each row of an answer, a line a row. */
static void add_rows(buf *out, const char *answer, const char *name) {
    for (const char *at = strstr(answer, name); at; at = strstr(at, name)) {
        at += strlen(name);
        buf_addf(out, "%.*s\n", (int) strcspn(at, "\","), at);
    }
}

/* All rows of all pages are 1 to n; no page is too large for a message, and there are several of them. */
static void check_pages(desk *d, const char *method, const char *fields, const char *name, int n) {
    const char *token = "";
    int pages = 0;
    buf seen, expected;
    buf_init(&seen, desk_mem(d));
    buf_init(&expected, desk_mem(d));
    do {
        const char *answer = desk_call(d, method, person_named("drafter"), "%s\"page_size\":%d,\"page_token\":\"%s\"",
                                       fields, PAGE_SIZE_MAX, token);
        assert_starts(answer, "{");
        assert_true(strlen(answer) < RPC_SIZE_MAX);
        add_rows(&seen, answer, name);
        token = desk_value(d, answer, "next_page_token");
        pages++;
    } while (*token);
    for (int i = 1; i <= n; i++)
        buf_addf(&expected, "%d\n", i);
    assert_string_equal(seen.s, expected.s);
    assert_true(pages > 1);
}

static void one_drafters_long_texts_keep_nobody_from_reading(void **state) {
    desk *d = *state;
    desk_sql(d,
             "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, is_key, "
             "office_unit, leader_ids, created_ms, position) select 1, gen_random_uuid(), 1, sha256(''), 1, i::text, "
             "repeat('x', 8000), '', false, 10, '{}', 1700000000000, i from generate_series(1, %d) i",
             PAGE_SIZE_MAX - 1);
    check_pages(d, "ListTasks", "", "\"no\":\"", PAGE_SIZE_MAX - 1);
    check_pages(d, "ListTodo", "", "\"no\":\"", PAGE_SIZE_MAX - 1);
}

/* Milestones with a title of this letter. */
static const char *milestones(desk *d, char letter) {
    char title[200];
    buf out;
    buf_init(&out, desk_mem(d));
    memset(title, letter, sizeof(title));
    for (int i = 0; i < MILESTONES; i++)
        buf_addf(&out, "%s{\"title\":\"%d%.*s\",\"due\":\"2025-09-01\"}", i ? "," : "", i, (int) sizeof(title), title);
    return out.s;
}

static void a_history_of_long_changes_is_read_to_its_end(void **state) {
    desk *d = *state;
    story s = begin_draft(d, "\"text\":\"t\"");
    for (int i = 0; i < REVISIONS; i++)
        done(&s, "drafter", "ReviseDraft",
             desk_text(d, "\"fields\":[\"milestones\"],\"draft\":{\"milestones\":[%s]}",
                       milestones(d, i % 2 ? 'a' : 'b')));
    check_pages(d, "ListTaskEvents", desk_text(d, "\"task_id\":\"%s\",", s.task), "\"version\":", REVISIONS + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_drafters_long_texts_keep_nobody_from_reading),
        cmocka_unit_test(a_history_of_long_changes_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, task_setup, desk_teardown);
}
