#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "import/import.h"

static const char *const header = "序号\t类别\t主要内容\t单位\t合计\t甲县\t乙区\t丙市\n";

static import_document parse(bh_call *c, const char *rows) {
    import_document document;
    const char *text = arena_printf(c->mem, "%s%s", header, rows);
    bh_err *error = import_parse(c, text, strlen(text), &document);
    assert_null(error);
    return document;
}

/* "no category item/sub unit total: values !codes" of every row, one a line. */
static const char *show(bh_call *c, const import_document *document) {
    buf out;
    buf_init(&out, c->mem);
    for (size_t i = 0; i < document->matrix.n; i++) {
        const import_row *row = &document->matrix.at[i];
        buf_addf(&out, "%s%s %s %s%s%s %s %s:", i ? "\n" : "", row->no ? row->no : "-", row->category, row->item,
                 row->sub_item ? "/" : "", row->sub_item ? row->sub_item : "", row->unit,
                 row->total ? row->total : "-");
        for (size_t k = 0; k < row->heads.n; k++)
            buf_addf(&out, " %s", row->values[k] ? row->values[k] : "-");
        for (size_t k = 0; k < row->warnings.n; k++)
            buf_addf(&out, " !%s", row->warnings.at[k].code);
    }
    for (size_t i = 0; i < document->warnings.n; i++)
        buf_addf(&out, "%s!!%s", out.n ? "\n" : "", document->warnings.at[i].code);
    return out.s;
}

static void assert_rows(const char *const cases[][2], size_t n) {
    for (size_t i = 0; i < n; i++) {
        bh_call *c = call_new("test", 1000);
        import_document document = parse(c, cases[i][0]);
        assert_string_equal(show(c, &document), cases[i][1]);
        call_free(c);
    }
}

static void reads_rows_that_are_right(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "1\t教育\t建学校\t所\t6\t1\t2\t3\n", "1 教育 建学校 所 6: 1 2 3" },
        { "1\t教育\t建学校\t所\t6\t1\t5\t/\n", "1 教育 建学校 所 6: 1 5 -" },
        { "1\t教育\t修路\t公里\t0.6\t0.1\t0.2\t0.3\n", "1 教育 修路 公里 0.6: 0.1 0.2 0.3" },
        { "1\t教育\t修路\t公里\t1,200\t1,000\t100\t100\n", "1 教育 修路 公里 1200: 1000 100 100" },
        { "1\t教育\t达标\t覆盖率\t100%\t100%\t100%\t/\n", "1 教育 达标 覆盖率 100%: 100% 100% -" },
        { "1\t教育\t达标\t%\t95\t95\t95\t95\n", "1 教育 达标 % 95: 95 95 95" },
        { "1\t教育\t开放\t\t全覆盖\t全覆盖\t全覆盖\t全覆盖\n", "1 教育 开放  全覆盖: 全覆盖 全覆盖 全覆盖" },
        { "1\t教育\t建校\t总数\t所\t6\t1\t2\t3\n\t\t\t农村\t所\t3\t1\t1\t1\n",
          "1 教育 建校/总数 所 6: 1 2 3\n1 教育 建校/农村 所 3: 1 1 1" },
        { "1\t教育\t建校\t所\t6\t1\t2\t3\n\t\t其中：农村\t所\t3\t1\t1\t1\n",
          "1 教育 建校 所 6: 1 2 3\n1 教育 建校/其中：农村 所 3: 1 1 1" },
        { "1\t教育\t建\n学校\t所\t6\t1\t2\t3\n", "1 教育 建学校 所 6: 1 2 3" },
    };
    assert_rows(cases, countof(cases));
}

static void doubts_rows_that_are_not(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "1\t教育\t建校\t所\t7\t1\t2\t3\n", "1 教育 建校 所 7: 1 2 3 !row_sum" },
        { "1\t教育\t建校\t所\t6\t1\t5\n", "1 教育 建校 所 6: 1 5 - !cell_missing" },
        { "1\t教育\t建校\t所\t6\t1\t2\t3\t4\n", "1 教育 建校 所 6: 1 2 3 !cell_extra" },
        { "1\t教育\t建校\t所\t6\t1\tl\t5\n", "1 教育 建校 所 6: 1 l 5 !cell_unread !row_sum_agrees" },
        { "1\t教育\t建校\t所\t\t1\t2\t3\n", "1 教育 建校 所 -: 1 2 3 !total_unread" },
        { "1\t教育\t\t所\t6\t1\t2\t3\n", "1 教育  所 6: 1 2 3 !item_missing !row_sum_agrees" },
        { "1\t教育\t建校\t\t6\t1\t2\t3\n", "1 教育 建校  6: 1 2 3 !unit_missing !row_sum_agrees" },
        { "1\t教育\t建校10所\t所\t6\t1\t2\t3\n", "1 教育 建校10所 所 6: 1 2 3 !below_text" },
        { "1\t教育\t建校\t所\t6\t1\t5\t/\n2\t\t修路\t条\t5\t2\t3\t\n3\t\t种树\t棵\t5\t5\t/\t/\n",
          "1 教育 建校 所 6: 1 5 -\n2 教育 修路 条 5: 2 3 - !cell_empty\n3 教育 种树 棵 5: 5 - -" },
        { "1\t教育\t建校\t所\t6\t1\t2\t3\n3\t\t修路\t条\t6\t1\t2\t3\n",
          "1 教育 建校 所 6: 1 2 3\n3 教育 修路 条 6: 1 2 3 !number_order !row_sum_agrees" },
        { "1\t教育\t建校\t所\t6\t1\t2\t3\n\t\t修路\t条\t6\t1\t2\t3\n",
          "1 教育 建校 所 6: 1 2 3 !sub_item_missing\n1 教育 建校/修路 条 6: 1 2 3 !number_missing !row_sum_agrees" },
        { "1\t教育\t建校\t所\t6\t1\t2\t3\n\t农村\t\t所\t3\t1\t1\t1\n",
          "1 教育 建校 所 6: 1 2 3\n1 教育 建校/农村 所 3: 1 1 1 !cell_shifted !row_sum_agrees" },
        { "1\t教育\t建校\t总数\t所\t6\t1\t2\t3\n\t\t\t农村\t所\t7\t1\t5\t1\n",
          "1 教育 建校/总数 所 6: 1 2 3\n1 教育 建校/农村 所 7: 1 5 1 !part_exceeds !part_exceeds" },
        { "1\t教育\t建校\t总数\t所\t6\t1\t2\t3\n\t\t\t甲类\t所\t3\t1\t1\t1\n\t\t\t乙类\t所\t3\t/\t2\t1\n",
          "1 教育 建校/总数 所 6: 1 2 3 !parts_sum !parts_sum\n1 教育 建校/甲类 所 3: 1 1 1\n"
          "1 教育 建校/乙类 所 3: - 2 1" },
        { "1\t教育\t建校\t说明\t没有数字\n", "!!row_unread" },
        { "1\t教育\t建校\t说明\t没有数字\n\t\t\t农村\t所\t3\t1\t1\t1\n",
          "-  /农村 所 3: 1 1 1 !parent_unread !row_sum_agrees\n!!row_unread" },
        { "1\t教育\t建校\t所\t6\t1\t2\t3\n夹在中间的一行\n2\t\t修路\t条\t6\t1\t2\t3\n",
          "1 教育 建校 所 6: 1 2 3\n2 教育 修路 条 6: 1 2 3\n!!line_in_table" },
    };
    assert_rows(cases, countof(cases));
}

static void settles_categories(void **state) {
    (void) state;
    bh_call *c = call_new("test", 1000);
    buf rows;
    buf_init(&rows, c->mem);
    static const char *const labels[2][6] = { { "教育", "", "卫生", "", "", "" }, { "", "交通", "", "", "环保", "" } };
    for (int i = 0; i < 12; i++) {
        if (i == 6)
            buf_adds(&rows, header);
        buf_addf(&rows, "%d\t%s\t事项%c\t个\t6\t1\t2\t3\n", i + 1, labels[i / 6][i % 6], 'a' + i);
    }
    import_document document = parse(c, rows.s);
    static const char *const expected[] = { "教育", "教育", "卫生", "卫生", "卫生", "卫生",
                                            "交通", "交通", "交通", "环保", "环保", "环保" };
    assert_int_equal(document.matrix.n, countof(expected));
    for (size_t i = 0; i < countof(expected); i++) {
        const import_row *row = &document.matrix.at[i];
        bool late = i == 6 || i == 9;
        assert_string_equal(row->category, expected[i]);
        assert_int_equal(row->warnings.n, late);
        if (late)
            assert_string_equal(row->warnings.at[0].code, "category_late");
    }
    call_free(c);
}

/* A page that begins without a label goes on with the one before, or belongs to its own only one. */
static void a_category_carried_over_a_page_is_doubted(void **state) {
    (void) state;
    bh_call *c = call_new("test", 1000);
    const char *row = "\t事项\t个\t6\t1\t2\t3\n";
    import_document document =
        parse(c, arena_printf(c->mem, "1\t教育%s2\t%s%s3\t%s4\t交通%s5\t%s", row, row, header, row, row, row));
    static const char *const expected[] = { "教育", "教育", "教育", "交通", "交通" };
    assert_int_equal(document.matrix.n, countof(expected));
    for (size_t i = 0; i < countof(expected); i++) {
        assert_string_equal(document.matrix.at[i].category, expected[i]);
        assert_int_equal(document.matrix.at[i].warnings.n, i == 2);
    }
    assert_string_equal(document.matrix.at[2].warnings.at[0].code, "category_carried");
    call_free(c);
}

static void warnings_beyond_the_maximum_are_cut(void **state) {
    (void) state;
    bh_call *c = call_new("test", 1000);
    buf rows;
    buf_init(&rows, c->mem);
    for (int i = 0; i < IMPORT_WARNINGS_MAX + 5; i++)
        buf_adds(&rows, "说明\t没有数字\n");
    import_document document = parse(c, rows.s);
    assert_int_equal(document.warnings.n, IMPORT_WARNINGS_MAX);
    assert_string_equal(document.warnings.at[IMPORT_WARNINGS_MAX - 1].code, "too_many_warnings");
    call_free(c);
}

static void tells_tables_it_cannot_use(void **state) {
    (void) state;
    static const struct {
        const char *text, *code;
    } cases[] = {
        { "序号\t工作任务\t完成时限\n1\t建校\t6月底\n", "table_unread" },
        { "甲\t乙\t丙\n1\t建校\t市甲局\n", "table_unread" },
        { "序号\t主要内容\t单位\t甲县\t乙区\n1\t建校\t所\t1\t2\n", "total_column_missing" },
        { "序号\t主要内容\t单位\t合计\t甲县\t甲县\n1\t建校\t所\t3\t1\t2\n", "head_repeated" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        bh_call *c = call_new("test", 1000);
        import_document document;
        assert_null(import_parse(c, cases[i].text, strlen(cases[i].text), &document));
        assert_int_equal(document.warnings.n, 1);
        assert_string_equal(document.warnings.at[0].code, cases[i].code);
        call_free(c);
    }
}

static void rows_beyond_the_maximum_are_told(void **state) {
    (void) state;
    bh_call *c = call_new("test", 1000);
    buf rows;
    buf_init(&rows, c->mem);
    for (int i = 1; i <= IMPORT_ROWS_MAX + 1; i++)
        buf_addf(&rows, "%d\t\t事项%d号\t个\t6\t1\t2\t3\n", i, i);
    import_document document = parse(c, rows.s);
    assert_int_equal(document.matrix.n, IMPORT_ROWS_MAX);
    assert_int_equal(document.warnings.n, 1);
    assert_string_equal(document.warnings.at[0].code, "rows_full");
    assert_int_equal(document.warnings.at[0].line, IMPORT_ROWS_MAX + 2);
    call_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rows_that_are_right),
        cmocka_unit_test(doubts_rows_that_are_not),
        cmocka_unit_test(settles_categories),
        cmocka_unit_test(a_category_carried_over_a_page_is_doubted),
        cmocka_unit_test(warnings_beyond_the_maximum_are_cut),
        cmocka_unit_test(tells_tables_it_cannot_use),
        cmocka_unit_test(rows_beyond_the_maximum_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
