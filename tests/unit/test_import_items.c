/* Items under sections, in brackets and in tables: who does them, by when, and what is doubtful. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "import/import.h"

static void add_names(buf *out, const char *mark, const import_names *names) {
    for (size_t i = 0; i < names->n; i++)
        buf_addf(out, " %s%s", mark, names->at[i]);
}

static void add_codes(buf *out, const char *mark, const import_warnings *doubts) {
    for (size_t i = 0; i < doubts->n; i++)
        buf_addf(out, " %s%s", mark, doubts->at[i].code);
}

/* "1.1 section 市甲局 +市乙局 @东区 6 月的日期 !code; …": + helps, @ is a locality, ! a doubt, !! one of the document.
 */
static const char *show(bh_call *c, const import_document *document) {
    static const char *const bases[] = { "explicit", "first_listed", "section", "equal" };
    buf out;
    buf_init(&out, c->mem);
    for (size_t i = 0; i < document->tasks.n; i++) {
        const import_item *item = &document->tasks.at[i];
        buf_addf(&out, "%s%s %s %s", i ? "; " : "", item->no, bases[item->basis], item->lead ? item->lead : "-");
        add_names(&out, "+", &item->co);
        add_names(&out, "@", &item->counties);
        if (item->deadline)
            buf_addf(&out, " %s", item->deadline);
        add_codes(&out, "!", &item->warnings);
    }
    add_codes(&out, "!!", &document->warnings);
    return out.s;
}

static void assert_documents(const char *const cases[][2], size_t n) {
    for (size_t i = 0; i < n; i++) {
        bh_call *c = call_new("test", 1000);
        import_document document;
        const char *text =
            arena_printf(c->mem, "某市2025年重点工作责任分解\n（列第一位的为牵头单位）\n%s", cases[i][0]);
        assert_null(import_parse(c, text, strlen(text), &document));
        const char *found = show(c, &document);
        if (strcmp(found, cases[i][1]) != 0)
            print_error("%s", cases[i][0]);
        assert_string_equal(found, cases[i][1]);
        call_free(c);
    }
}

static void a_section_names_who_leads_its_items(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "一、科技创新（牵头单位：市甲局；配合单位：市乙局、各县（市）政府）\n1. 新增企业20家。\n",
          "1.1 section 市甲局 +市乙局 @各县（市）政府" },
        { "一、科技创新\n责任单位：市甲局、市乙局\n1. 新增企业20家。\n2. 成交额增长10%。\n",
          "1.1 section 市甲局 +市乙局; 1.2 section 市甲局 +市乙局" },
        { "第一部分 经济\n本节由市甲局牵头负责，各项任务责任单位为市乙局、市丙局。\n1、生产总值增长6%。\n",
          "1.1 section 市甲局 +市乙局 +市丙局" },
        { "一、文旅\n本领域各项任务由市甲局牵头，市乙局、东县政府配合，不再逐项列出。\n1. 接待游客10万人次。\n",
          "1.1 section 市甲局 +市乙局 @东县政府" },
        { "一、交通（本部分责任单位为市甲局、市乙局）\n1. 新建公路10公里。\n", "1.1 section 市甲局 +市乙局" },
        { "一、市甲局（1项）\n1. 新建公路10公里。\n", "1.1 section 市甲局" },
        { "一、市甲局牵头（1项）\n1. 新建公路10公里。\n", "1.1 section 市甲局" },
        { "一、乡村振兴工作由市甲局牵头\n1. 新建公路10公里。\n", "1.1 section 市甲局" },
        { "（一）就业（责任单位：市甲局）\n1. 新增就业1万人。\n", "1.1 section 市甲局" },
        { "一、环境（市甲局、市乙局按职责分工负责；完成时限：11月底）\n1. 优良天数300天。\n",
          "1.1 equal - +市甲局 +市乙局 2025-11-30" },
    };
    assert_documents(cases, countof(cases));
}

static void an_item_overrules_its_section(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "一、科技（牵头单位：市甲局；完成时限：11月底）\n1. 新建实验室2家。\n责任单位：市丙局、市丁局\n"
          "完成时限：6月底\n",
          "1.1 first_listed 市丙局 +市丁局 2025-06-30" },
        { "一、科技（牵头单位：市甲局；配合单位：市乙局）\n1. 新建实验室2家。\n配合单位：市丙局\n",
          "1.1 section 市甲局 +市乙局 +市丙局" },
        { "一、科技（牵头单位：市甲局）\n1. 新建实验室2家。\n二、教育\n2. 新建学校2所。\n责任单位：市乙局\n",
          "1.1 section 市甲局; 2.2 first_listed 市乙局" },
        { "一、科技（牵头单位：市甲局）\n（一）平台（牵头单位：市乙局）\n1. 新建实验室2家。\n", "1.1 section 市乙局" },
    };
    assert_documents(cases, countof(cases));
}

static void doubts_of_a_section_are_told(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "一、科技（责任单位：市甲局市乙局）\n1. 新建实验室2家。\n", "1.1 section 市甲局市乙局 !!unit_doubtful" },
        { "一、甲乙市长牵头\n（本部分任务均由各县（市）政府配合，不再逐项列出）\n1. "
          "新建实验室2家。\n责任单位：市甲局\n",
          "1.1 first_listed 市甲局 !!units_for_part" },
        { "一、改革，市甲局等牵头\n1. 新建实验室2家。\n责任单位：市甲局\n",
          "1.1 first_listed 市甲局 !!heading_unread" },
        { "一、科技（完成时限：适时）\n1. 新建实验室2家。\n责任单位：市甲局\n",
          "1.1 first_listed 市甲局 !deadline_unread" },
    };
    assert_documents(cases, countof(cases));
}

static void brackets_hold_units_beside_labels(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "一、科技\n1. 新建实验室2家。（市甲局牵头，市乙局配合；完成时限：6月底）\n",
          "1.1 explicit 市甲局 +市乙局 2025-06-30" },
        { "一、科技\n1. 新建实验室2家。【市甲局、市乙局；6月底前；完成时限：6月底】\n", " !!paragraphs_skipped" },
        { "一、科技\n1. 新建实验室（中心）2家。（牵头单位：市甲局（丙办）；配合单位：市乙局）\n",
          "1.1 explicit 市甲局（丙办） +市乙局" },
        { "一、科技\n1. 新建实验室2家。责任单位（列第一位的为牵头单位）：市甲局、市乙局\n",
          "1.1 first_listed 市甲局 +市乙局" },
        { "一、科技\n1. 新建实验室2家。\n责任单位：市甲局（牵头）、市乙局（配合）\n", "1.1 explicit 市甲局 +市乙局" },
    };
    assert_documents(cases, countof(cases));
}

static void tables_of_tasks_become_items(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "序号\t任务\t牵头单位\t配合单位\t完成时限\n1\t新建公园3座\t市甲局\t市乙局 市丙局\t6月底\n",
          "1 explicit 市甲局 +市乙局 +市丙局 2025-06-30" },
        { "序号\t任务\t牵头及配合单位\n（1）\t新建公园3座\t市甲局、市乙局\n（2）\t新建书屋2家\t市丙局\n",
          "1 first_listed 市甲局 +市乙局; 2 first_listed 市丙局" },
        { "序号\t任务\t责任单位（列第一位的为牵头单位）\t责任县（市、区）\n1\t新建公园3座\t市甲局\t东县、西区\n",
          "1 first_listed 市甲局 @东县 @西区" },
        { "编号 | 任务 | 责任单位\n---|---|---\n1 | 新建公园3座 | 市甲局\n", "1 first_listed 市甲局" },
        { "│序号│任务│责任单位│\n├──┼──┼──┤\n│1│新建公园│市甲局│\n│　│三座　　│市乙局│\n└──┴──┴──┘\n",
          "1 first_listed 市甲局 +市乙局" },
        { "序号\t任务\t单位\t时限\n1\t新建公园3座\t市甲局\t6月底\n", "1 first_listed 市甲局 2025-06-30" },
        { "序号\t任务\t责任单位\n1-1\t新建公园3座\t市甲局\n1-2\t新建书屋2家\t市乙局\n2-1\t修路1条\t市丙局\n",
          "1.1 first_listed 市甲局; 1.2 first_listed 市乙局; 2.1 first_listed 市丙局" },
        { "序号\t任务\t责任单位\t时限\n一\t新建公园3座\t市甲局\t6月底\n二\t新建书屋2家\t市乙局\t9月底\n",
          "1 first_listed 市甲局 2025-06-30; 2 first_listed 市乙局 2025-09-30" },
        { "序号\t任务\t工作目标\t责任单位\n1\t公园。\t1.建成3座；2.投用。\t市甲局\n2\t书屋。\t1.建成2家。\t市乙局\n",
          "1 first_listed 市甲局; 2 first_listed 市乙局" },
        { "序号\t任务\t责任单位\n1\t新建公\n园3\n座\t市甲局\n2\t新建书屋2家\t市乙局\n",
          "1 first_listed 市甲局; 2 first_listed 市乙局" },
    };
    assert_documents(cases, countof(cases));
}

static void rows_that_cannot_be_told_apart_are_doubted(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "任务\t责任单位\t时限\n新建公园3座\t市甲局\t6月底\n", "1 first_listed 市甲局 2025-06-30 !!number_missing" },
        { "序号\t任务\t责任单位\n\t新建公园3座\t市甲局\n", " !!row_unread" },
        { "序号\t任务\t责任单位\n1\t新建公园3座\t市甲局\n（续）\n2\t新建书屋2家\t市乙局\n",
          "1 first_listed 市甲局; 2 first_listed 市乙局 !!line_in_table" },
        { "序号\t任务\t责任单位\t联系电话\n1\t新建公园3座\t市甲局\t12345\n", "1 first_listed 市甲局 !!column_unread" },
        { "领域\t序号\t任务\t责任单位\n工业\t1\t新建公园3座\t市甲局\n", "1 first_listed 市甲局 !!column_unread" },
        { "序号   任务       责任单位   时限\n1      新建公园   市甲局\n", "1 first_listed 市甲局 !cell_placed" },
        { "序号 任务 责任单位 时限\n1 新建公园 市甲局\n", "1 first_listed 市甲局 !cell_placed" },
        { "序号 任务 责任单位 时限\n1 新建 公园 市甲局 6月底\n", "1 first_listed 市甲局 2025-06-30 !cell_placed" },
        { "序号\t任务\t责任单位\n1\t\t市甲局\n", "1 first_listed 市甲局 !text_missing" },
    };
    assert_documents(cases, countof(cases));
}

static void a_row_takes_no_more_than_its_lines(void **state) {
    (void) state;
    bh_call *c = call_new("test", 1000);
    buf text;
    buf_init(&text, c->mem);
    buf_adds(&text, "序号\t任务\t责任单位\n1\t新建公园\t市甲局\n");
    for (int i = 0; i < 80; i++)
        buf_adds(&text, "\t三座\t\n");
    import_document document;
    assert_null(import_parse(c, text.s, text.n, &document));
    assert_int_equal(document.tasks.n, 1);
    assert_string_equal(document.warnings.at[document.warnings.n - 1].code, "row_unread");
    call_free(c);
}

static void a_text_without_records_says_so(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "各单位：请于下周一前报送总结。\n", " !!nothing_found" },
        { "一、稳增长。\n二、促改革。\n", " !!nothing_found" },
        { "1. 新建公园3座。\n责任单位：市甲局\n注：略。\n责任单位：市乙局\n联系人：某\n",
          "1 first_listed 市甲局 !!units_unread" },
        { "一、工业（共3项）\n1. 新建公园3座。\n责任单位：市甲局\n", "1.1 first_listed 市甲局 !!items_count" },
        { "1. 推进技改。\n责任单位：市甲局。\n责任单位：市乙局。\n",
          "1 first_listed 市甲局 +市乙局 !unit_lines_several" },
    };
    assert_documents(cases, countof(cases));
}

static void units_parted_by_blanks(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "1. 推进技改。\n责任单位：市甲局 市乙局　市丙局，东县 西区\n",
          "1 first_listed 市甲局 +市乙局 +市丙局 @东县 @西区" },
        { "1. 推进技改。\n责任单位：市甲局\n市乙局\n市自然\n资源局\n",
          "1 first_listed 市甲局 +市乙局市自然资源局 !unit_doubtful" },
        { "1. 推进技改。\n责任单位：市甲会 团市委\n", "1 first_listed 市甲会团市委 !unit_doubtful !unit_spaced" },
        { "1. 推进技改。\n责任单位：市甲局\n各县（市）\n", "1 first_listed 市甲局 @各县（市）" },
        { "1. 推进技改。\n责任单位：市甲局/市乙局与市丙局\n", "1 first_listed 市甲局 +市乙局 +市丙局" },
        { "1. 推进技改。\n责任单位：市甲局.市乙局\n", "1 first_listed 市甲局.市乙局 !unit_doubtful" },
        { "1. 推进技改。\n责任单位：市农业 农村局\n", "1 first_listed 市农业农村局" },
        { "1. 推进技改，做好第一\n责任单位：市甲局\n", "1 first_listed 市甲局" },
        { "1. 推进技改。\n责任单位：市甲局、区块链\n", "1 first_listed 市甲局 +区块链 !unit_doubtful" },
        { "1. 推进技改。\n责任单位：市级有关部门\n", "1 first_listed 市级有关部门 !collective_lead" },
    };
    assert_documents(cases, countof(cases));
}

static void numbers_of_two_levels_are_marks_in_their_turn(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "1. 工业\n1.1 推进技改。\n责任单位：市甲局\n1.2 所有园区达标。\n责任单位：市乙局\n",
          "1.1 first_listed 市甲局; 1.2 first_listed 市乙局" },
        { "1.1 推进技改。\n责任单位：市甲局\n2.1 投资增长，达到\n2.2亿元以上。\n责任单位：市乙局\n",
          "1.1 first_listed 市甲局; 2.1 first_listed 市乙局" },
    };
    assert_documents(cases, countof(cases));
}

static void like_items_and_lost_sections_are_told(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "1. 加快推进全市农村公路养护管理体制改革。\n责任单位：市甲局\n"
          "2. 加快推进全市农村公路养护管理体制的改革。\n责任单位：市甲局\n",
          "1 first_listed 市甲局 !nearly_same; 2 first_listed 市甲局 !nearly_same" },
        { "二、工业\n1. 推进技改。\n责任单位：市甲局\n一、农业\n2. 建设农田。\n责任单位：市乙局\n",
          "2.1 first_listed 市甲局; 1.2 first_listed 市乙局 !!section_order" },
    };
    assert_documents(cases, countof(cases));
}

static void items_beyond_the_maximum_are_told(void **state) {
    (void) state;
    bh_call *c = call_new("test", 10000);
    buf text;
    buf_init(&text, c->mem);
    for (int i = 1; i <= IMPORT_ITEMS_MAX + 2; i++)
        buf_addf(&text, "%d、建设%d号楼。\n责任单位：市甲局\n", i % 900 + 1, i);
    import_document document;
    assert_null(import_parse(c, text.s, text.n, &document));
    assert_int_equal(document.tasks.n, IMPORT_ITEMS_MAX);
    assert_string_equal(document.warnings.at[document.warnings.n - 1].code, "items_full");
    call_free(c);
}

/* However many items have the same words, each knows all others; written are the first, and how many there are. */
static void all_of_the_same_words_are_known(void **state) {
    (void) state;
    enum { ITEMS = 60 };
    bh_call *c = call_new("test", 10000);
    buf text;
    buf_init(&text, c->mem);
    for (int i = 1; i <= ITEMS; i++)
        buf_addf(&text, "%d. 推进农村公路养护。\n责任单位：市甲局\n", i);
    import_document document;
    assert_null(import_parse(c, text.s, text.n, &document));
    assert_int_equal(document.tasks.n, ITEMS);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(document.tasks.at[i].same_as.n, ITEMS - 1);
        assert_string_equal(document.tasks.at[i].warnings.at[0].code, "same_many");
    }
    const char *first = strstr(import_write_json(&document), "\"same_as\":[\"2\"");
    assert_non_null(first);
    assert_memory_equal(strchr(first, ']') - strlen("\"21\""), "\"21\"", strlen("\"21\""));
    call_free(c);
}

/* Of many similar items the first are named one by one, the others told at once. */
static void many_similar_items_are_told_at_once(void **state) {
    (void) state;
    enum { ITEMS = 60, NAMED = 20 };
    bh_call *c = call_new("test", 10000);
    buf text;
    buf_init(&text, c->mem);
    for (int i = 0; i < ITEMS; i++)
        buf_addf(&text, "%d. 加快推进全市农村公路养护管理体制改革%c。\n责任单位：市甲局\n", i + 1, 'A' + i % 26);
    import_document document;
    assert_null(import_parse(c, text.s, text.n, &document));
    for (size_t i = 0; i < ITEMS; i++)
        assert_int_equal(document.tasks.at[i].warnings.n, NAMED + 1);
    call_free(c);
}

static void more_unit_lines_than_fit_are_told(void **state) {
    (void) state;
    bh_call *c = call_new("test", 1000);
    buf text;
    buf_init(&text, c->mem);
    buf_adds(&text, "1. 做好工作。责任单位：市甲局；");
    for (int i = 0; i < 60; i++)
        buf_adds(&text, "联系人：甲；");
    import_document document;
    assert_null(import_parse(c, text.s, text.n, &document));
    assert_non_null(strstr(show(c, &document), "!unit_lines_many"));
    call_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_section_names_who_leads_its_items),
        cmocka_unit_test(an_item_overrules_its_section),
        cmocka_unit_test(doubts_of_a_section_are_told),
        cmocka_unit_test(brackets_hold_units_beside_labels),
        cmocka_unit_test(tables_of_tasks_become_items),
        cmocka_unit_test(rows_that_cannot_be_told_apart_are_doubted),
        cmocka_unit_test(a_row_takes_no_more_than_its_lines),
        cmocka_unit_test(a_text_without_records_says_so),
        cmocka_unit_test(units_parted_by_blanks),
        cmocka_unit_test(numbers_of_two_levels_are_marks_in_their_turn),
        cmocka_unit_test(like_items_and_lost_sections_are_told),
        cmocka_unit_test(items_beyond_the_maximum_are_told),
        cmocka_unit_test(more_unit_lines_than_fit_are_told),
        cmocka_unit_test(all_of_the_same_words_are_known),
        cmocka_unit_test(many_similar_items_are_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
