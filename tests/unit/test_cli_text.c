#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bihuan/v1/progress_service.pb-c.h"
#include "bihuan/v1/target.pb-c.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "cell.h"
#include "label.h"
#include "names.h"
#include "table.h"
#include "width.h"

static void columns(UNUSED void **state) {
    static const struct {
        const char *text;
        size_t columns;
    } rows[] = {
        { "", 0 },          { "task", 4 },     { "任务", 4 },    { "各县（市、区）", 14 },
        { "e\xcc\x81", 1 }, { "ｆｕｌｌ", 8 }, { "2.24 项", 7 },
    };
    for (size_t i = 0; i < countof(rows); i++)
        assert_int_equal(width_of(rows[i].text), rows[i].columns);
}

/* What comes from other people must not move the cursor, colour the screen or turn the line around. */
static void cleaned(UNUSED void **state) {
    static const struct {
        const char *text, *clean;
    } rows[] = {
        { "两行\n一行", "两行 一行" },
        { "\033[31mred", " [31mred" },
        { "a\xc2\x9b"
          "1m",
          "a 1m" },
        { "a\xe2\x80\xae"
          "b",
          "a b" },
        { "bad\xff", "bad\xef\xbf\xbd" },
    };
    arena *mem = arena_new(1 << 16);
    for (size_t i = 0; i < countof(rows); i++)
        assert_string_equal(width_clean(mem, rows[i].text), rows[i].clean);
    arena_free(mem);
}

static void cut(UNUSED void **state) {
    arena *mem = arena_new(1 << 16);
    assert_string_equal(width_cut(mem, "督查室", 6), "督查室");
    assert_string_equal(width_cut(mem, "督查室", 5), "督查…");
    assert_string_equal(width_cut(mem, "督查室", 4), "督…");
    assert_string_equal(width_cut(mem, "abc", 1), "…");
    arena_free(mem);
}

static void labels(UNUSED void **state) {
    const ProtobufCEnumDescriptor *type = &bh__task_state__descriptor;
    int32_t value;
    assert_string_equal(label_of(type, 2, false), "待审定");
    assert_string_equal(label_of(type, 2, true), "pending approval");
    assert_string_equal(label_of(type, 0, true), "");
    assert_string_equal(label_of(type, 99, true), "?");
    static const char *const same[] = { "TASK_STATE_SIGN_OFF", "SIGN_OFF", "sign-off", "待签批" };
    for (size_t i = 0; i < countof(same); i++) {
        assert_true(label_parse(type, same[i], &value));
        assert_int_equal(value, 7);
    }
    assert_false(label_parse(type, "UNSPECIFIED", &value));
    assert_false(label_parse(type, "SIGN", &value));
}

/* Every value of every enum that the command prints has a name in both languages. */
static void every_value_has_a_label(UNUSED void **state) {
    static const ProtobufCEnumDescriptor *const types[] = {
        &bh__task_state__descriptor,       &bh__leg_state__descriptor,         &bh__leg_role__descriptor,
        &bh__application_kind__descriptor, &bh__application_state__descriptor, &bh__report_state__descriptor,
        &bh__todo_kind__descriptor,
    };
    for (size_t i = 0; i < countof(types); i++)
        for (unsigned n = 1; n < types[i]->n_values; n++)
            assert_string_not_equal(label_of(types[i], types[i]->values[n].value, false),
                                    label_of(types[i], types[i]->values[n].value, true));
}

static app app_for(out_kind out) {
    return (app){ .call = call_new("test", 1000), .out = out, .is_english = true };
}

static void check_heads(const ProtobufCMessageDescriptor *type) {
    app zh = app_for(OUT_CSV), en = app_for(OUT_CSV);
    zh.is_english = false;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const char *name = type->fields[i].name;
        if (strcmp(cell_header(&zh, type, name), name) == 0 || !*cell_header(&en, type, name))
            fail_msg("headers.def has no row for %s of %s", name, type->name);
    }
    app_close(&zh);
    app_close(&en);
}

/* What is printed field by field has a head for each of them. */
static void every_field_has_a_head(UNUSED void **state) {
    static const ProtobufCMessageDescriptor *const types[] = {
        &bh__task__descriptor,   &bh__report__descriptor,      &bh__evidence__descriptor,
        &bh__target__descriptor, &bh__todo__descriptor,        &bh__submit_task_response__descriptor,
        &bh__leg__descriptor,    &bh__milestone__descriptor,   &bh__submit_report_response__descriptor,
        &bh__unit__descriptor,   &bh__user__descriptor,        &bh__observation__descriptor,
        &bh__place__descriptor,  &bh__application__descriptor,
    };
    for (size_t i = 0; i < countof(types); i++)
        check_heads(types[i]);
}

static char *printed(app *a, const table *t) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (a->out == OUT_CSV)
        table_print_csv(t, out);
    else
        table_print(a, t, 0, out);
    fclose(out);
    char *copy = arena_strdup(a->call->mem, text);
    free(text);
    return copy;
}

static void fill(app *a, table *t, const char *first, const char *second) {
    table_init(a, t, 2, 1);
    table_add(a, t, 0, 0, "no");
    table_add(a, t, 0, 1, "text");
    table_add(a, t, 1, 0, first);
    table_add(a, t, 1, 1, second);
}

static void aligned(UNUSED void **state) {
    app a = app_for(OUT_TABLE);
    table t;
    fill(&a, &t, "任务", "x");
    assert_string_equal(printed(&a, &t), "no    text\n任务  x\n");
    app_close(&a);
}

static void csv(UNUSED void **state) {
    app a = app_for(OUT_CSV);
    table t;
    fill(&a, &t, "a,\"b\"", "two\nlines");
    assert_string_equal(printed(&a, &t), "no,text\r\n\"a,\"\"b\"\"\",\"two\nlines\"\r\n");
    app_close(&a);
}

/* What has nothing to say takes no room. */
static void empty_columns(UNUSED void **state) {
    app a = app_for(OUT_TABLE);
    table t;
    fill(&a, &t, "", "x");
    table_drop_empty(&t);
    assert_string_equal(printed(&a, &t), "text\nx\n");
    fill(&a, &t, "", "");
    table_drop_empty(&t);
    assert_int_equal(t.columns, 1);
    app_close(&a);
}

/* Numbers are shown by name as soon as the directory was asked; a head of one message goes before the common one. */
static void named(UNUSED void **state) {
    app a = app_for(OUT_TABLE);
    Bh__Unit unit = BH__UNIT__INIT, *units[] = { &unit };
    Bh__User user = BH__USER__INIT, *users[] = { &user };
    Bh__Task task = BH__TASK__INIT;
    Bh__Report report = BH__REPORT__INIT;
    char unit_name[] = "市财政局", user_name[] = "领导甲";
    int32_t leaders[] = { 7, 9 };
    const names known = { units, users, 1, 1 };
    unit.unit_id = report.unit_id = 4;
    unit.name = unit_name;
    user.user_id = 7;
    user.name = user_name;
    task.leader_ids = leaders;
    task.n_leader_ids = 2;
    assert_string_equal(cell_text(&a, &report.base, "unit_id.name"), "4");
    a.names = &known;
    assert_string_equal(cell_text(&a, &report.base, "unit_id.name"), "市财政局");
    assert_string_equal(cell_text(&a, &report.base, "unit_id"), "4");
    assert_string_equal(cell_text(&a, &task.base, "leader_ids.name"), "领导甲, 9");
    assert_string_equal(cell_header(&a, &bh__task__descriptor, "leader_ids.name"), "leaders");
    a.is_english = false;
    assert_string_equal(cell_header(&a, &bh__user__descriptor, "name"), "姓名");
    assert_string_equal(cell_header(&a, &bh__unit__descriptor, "name"), "名称");
    app_close(&a);
}

/* A leg inside the cell of a task: without numbers of other things, and a no says nothing. */
static void inner(UNUSED void **state) {
    app a = app_for(OUT_CSV);
    Bh__Leg leg = BH__LEG__INIT, *legs[] = { &leg };
    Bh__Task task = BH__TASK__INIT;
    char name[] = "市财政局";
    leg.unit_id = 4;
    leg.unit_name = name;
    leg.role = BH__LEG_ROLE__LEG_ROLE_CO;
    leg.state = BH__LEG_STATE__LEG_STATE_DISSENT;
    task.legs = legs;
    task.n_legs = 1;
    assert_string_equal(cell_text(&a, &task.base, "legs"), "市财政局 co-unit dissent");
    leg.overruled = true;
    assert_string_equal(cell_text(&a, &task.base, "legs"), "市财政局 co-unit dissent overruled");
    app_close(&a);
}

static void cells(UNUSED void **state) {
    app a = app_for(OUT_TABLE);
    Bh__Task task = BH__TASK__INIT;
    Bh__Todo todo = BH__TODO__INIT;
    int32_t leaders[] = { 7, 9 };
    char issue[] = "ISSUE", send_back[] = "SEND_BACK", no[] = "2.24", *moves[] = { issue, send_back };
    task.no = no;
    task.state = BH__TASK_STATE__TASK_STATE_ACTIVE;
    task.leader_ids = leaders;
    task.n_leader_ids = 2;
    todo.moves = moves;
    todo.n_moves = 2;
    assert_string_equal(cell_text(&a, &todo.base, "task.no"), "");
    todo.task = &task;
    assert_string_equal(cell_text(&a, &todo.base, "task.no"), "2.24");
    assert_string_equal(cell_text(&a, &todo.base, "task.state"), "active");
    assert_string_equal(cell_text(&a, &todo.base, "moves"), "issue, send back");
    assert_string_equal(cell_text(&a, &task.base, "leader_ids"), "7, 9");
    assert_string_equal(cell_text(&a, &task.base, "is_key"), "no");
    assert_string_equal(cell_header(&a, &bh__todo__descriptor, "task.lead_unit_name"), "lead unit");
    app_close(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns),
        cmocka_unit_test(cleaned),
        cmocka_unit_test(cut),
        cmocka_unit_test(labels),
        cmocka_unit_test(every_value_has_a_label),
        cmocka_unit_test(every_field_has_a_head),
        cmocka_unit_test(aligned),
        cmocka_unit_test(csv),
        cmocka_unit_test(empty_columns),
        cmocka_unit_test(named),
        cmocka_unit_test(inner),
        cmocka_unit_test(cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
