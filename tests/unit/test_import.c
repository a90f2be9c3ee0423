#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "import/import.h"

/* Parses a text that must be accepted; the document lives until call_free. */
static import_document parse(bh_call *c, const char *text) {
    import_document document;
    bh_err *error = import_parse(c, text, strlen(text), &document);
    assert_null(error);
    return document;
}

static bh_call *new_call(void) {
    return call_new("test", 1000);
}

static void assert_refused(const char *bytes, size_t n, const char *reason) {
    bh_call *c = new_call();
    import_document document;
    bh_err *error = import_parse(c, bytes, n, &document);
    assert_non_null(error);
    assert_string_equal(error->reason, reason);
    call_free(c);
}

static void refuses_what_is_no_text_or_too_large(void **state) {
    (void) state;
    assert_refused("a\xff", 2, "IMPORT_NOT_TEXT");
    assert_refused("a\0b", 3, "IMPORT_NOT_TEXT");
    assert_refused("\xed\xa0\x80", 3, "IMPORT_NOT_TEXT");
    char *large = malloc(IMPORT_TEXT_MAX + 1);
    assert_non_null(large);
    memset(large, 'a', IMPORT_TEXT_MAX + 1);
    assert_refused(large, IMPORT_TEXT_MAX + 1, "IMPORT_TOO_LARGE");
    memset(large, '\n', IMPORT_LINES_MAX);
    assert_refused(large, IMPORT_LINES_MAX, "IMPORT_TOO_LARGE");
    free(large);
}

static void empty_texts_give_empty_objects(void **state) {
    (void) state;
    static const char *const texts[] = { "", "\n", "\r\n\r\n", "\xef\xbb\xbf", "\xef\xbb\xbf \t\n", "\f" };
    for (size_t i = 0; i < countof(texts); i++) {
        bh_call *c = new_call();
        import_document document = parse(c, texts[i]);
        assert_string_equal(import_write_json(&document),
                            "{\"document\":{\"number\":null,\"title\":null,\"date\":null,\"co_all\":[]},\"tasks\":[],"
                            "\"livelihood\":[],\"matrix\":[],\"warnings\":[]}");
        call_free(c);
    }
}

/* The same small document with another line end and another beginning. */
static const char *small_text(bh_call *c, const char *before, const char *end) {
    static const char *const printed[] = { "某市2025年重点工作责任分解", "一、甲乙市长牵头", "1. 新增就业3万人。",
                                           "责任单位：市人社局" };
    buf text;
    buf_init(&text, c->mem);
    buf_adds(&text, before);
    for (size_t i = 0; i < countof(printed); i++)
        buf_addf(&text, "%s%s", i ? end : "", printed[i]);
    return text.s;
}

static void line_ends_and_marks_of_order_do_not_matter(void **state) {
    (void) state;
    static const struct {
        const char *before, *end;
        int last_line;
    } forms[] = {
        { "", "\n", 4 }, { "", "\r\n", 4 }, { "", "\r", 4 }, { "\xef\xbb\xbf", "\n", 4 }, { "\f", "\n\n", 7 }
    };
    for (size_t i = 0; i < countof(forms); i++) {
        bh_call *c = new_call();
        import_document document = parse(c, small_text(c, forms[i].before, forms[i].end));
        assert_int_equal(document.tasks.n, 1);
        const import_item *item = &document.tasks.at[0];
        assert_string_equal(item->text, "新增就业3万人。");
        assert_string_equal(item->lead, "市人社局");
        assert_int_equal(item->last_line, forms[i].last_line);
        assert_int_equal(item->warnings.n + document.warnings.n, 0);
        call_free(c);
    }
}

/* The units of one item under a given unit line. */
static const import_item *item_with(bh_call *c, const char *units) {
    const char *text = arena_printf(c->mem, "（列第一位的为牵头单位）\n一、甲乙市长牵头\n1. 做好工作。\n%s\n", units);
    import_document document = parse(c, text);
    assert_int_equal(document.tasks.n, 1);
    return &document.tasks.at[0];
}

static const char *join(bh_call *c, const import_names *names) {
    buf text;
    buf_init(&text, c->mem);
    for (size_t i = 0; i < names->n; i++)
        buf_addf(&text, "%s%s", i ? "|" : "", names->at[i]);
    return text.s;
}

static void reads_unit_lines(void **state) {
    (void) state;
    static const struct {
        const char *line, *lead, *co, *counties;
        import_basis basis;
    } cases[] = {
        { "责任单位：市甲局、市乙局，东区、西县政府", "市甲局", "市乙局", "东区政府|西县政府", IMPORT_FIRST_LISTED },
        { "责任单位: 市甲局,市乙局", "市甲局", "市乙局", "", IMPORT_FIRST_LISTED },
        { "责任单位：市发展和改革局和市乙局", "市发展和改革局", "市乙局", "", IMPORT_FIRST_LISTED },
        { "责任单位：市甲局（丙办、丁办）、市乙局", "市甲局（丙办、丁办）", "市乙局", "", IMPORT_FIRST_LISTED },
        { "责任单位：市甲局〔丙办〕、市乙局", "市甲局（丙办）", "市乙局", "", IMPORT_FIRST_LISTED },
        { "责任单位：市甲局、市乙局（列第一位的为牵头单位，下同）", "市甲局", "市乙局", "", IMPORT_FIRST_LISTED },
        { "责任单位：市甲局、市乙局（牵头）", "市乙局", "市甲局", "", IMPORT_EXPLICIT },
        { "责任单位：市甲局、市乙局（排名不分先后）", NULL, "市甲局|市乙局", "", IMPORT_EQUAL },
        { "责任单位：市甲局、市乙局（各单位按职责分工落实）", NULL, "市甲局|市乙局", "", IMPORT_EQUAL },
        { "责任单位：市甲局，东县、西市政府和北新区管委会", "市甲局", "", "东县政府|西市政府|北新区管委会",
          IMPORT_FIRST_LISTED },
        { "责任单位：市甲局、市乙局按职责分工负责", NULL, "市甲局|市乙局", "", IMPORT_EQUAL },
        { "责任单位：市甲局牵头，市乙局、各县（市、区）政府配合", "市甲局", "市乙局", "各县（市、区）政府",
          IMPORT_EXPLICIT },
        { "牵头单位：市甲局；配合单位：市乙局、市丙局", "市甲局", "市乙局|市丙局", "", IMPORT_EXPLICIT },
        { "牵头单位：市甲局\n责任单位：市乙局", "市甲局", "市乙局", "", IMPORT_EXPLICIT },
        { "（市甲局牵头，市乙局配合）", "市甲局", "市乙局", "", IMPORT_EXPLICIT },
        { "（市甲局、市乙局）", "市甲局", "市乙局", "", IMPORT_FIRST_LISTED },
        { "【责任单位：市甲局；完成时限：6月底】", "市甲局", "", "", IMPORT_FIRST_LISTED },
        { "责任单位：市甲局、市甲局、市乙局", "市甲局", "市乙局", "", IMPORT_FIRST_LISTED },
        { "责任单位 市甲局、市乙局", "市甲局", "市乙局", "", IMPORT_FIRST_LISTED },
        { "责任单位\t市甲局、市乙局", "市甲局", "市乙局", "", IMPORT_FIRST_LISTED },
        { "市级责任单位：市甲局", "市甲局", "", "", IMPORT_FIRST_LISTED },
        { "责任单位：东区政府", "东区政府", "", "", IMPORT_FIRST_LISTED },
        { "责任单位：市甲\n局、市乙局", "市甲局", "市乙局", "", IMPORT_FIRST_LISTED },
        { "责任单位：市甲局，东区、西区、北开发区管委会", "市甲局", "", "东区|西区|北开发区管委会",
          IMPORT_FIRST_LISTED },
        { "责任单位：市甲局、东区、西县", "市甲局", "", "东区|西县", IMPORT_FIRST_LISTED },
        { "责任单位：市甲局、东开发区，西县政府", "市甲局", "东开发区", "西县政府", IMPORT_FIRST_LISTED },
        { "责任单位：区甲局、东街道办事处、西镇政府", "区甲局", "", "东街道办事处|西镇政府", IMPORT_FIRST_LISTED },
        { "责任单位：区甲局，东街道、北镇、西街道办事处", "区甲局", "", "东街道办事处|北镇|西街道办事处",
          IMPORT_FIRST_LISTED },
        { "责任单位：区甲局，东镇、北街道、西镇政府", "区甲局", "", "东镇政府|北街道|西镇政府", IMPORT_FIRST_LISTED },
        { "责任单位：区甲局、各街道办事处、各乡镇", "区甲局", "", "各街道办事处|各乡镇", IMPORT_FIRST_LISTED },
        { "责任单位：市甲局，各地", "市甲局", "", "各地", IMPORT_FIRST_LISTED },
        { "责任单位：市甲局，东高新区、西开发区管委会", "市甲局", "", "东高新区管委会|西开发区管委会",
          IMPORT_FIRST_LISTED },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        bh_call *c = new_call();
        const import_item *item = item_with(c, cases[i].line);
        assert_string_equal(item->lead ? item->lead : "-", cases[i].lead ? cases[i].lead : "-");
        assert_string_equal(join(c, &item->co), cases[i].co);
        assert_string_equal(join(c, &item->counties), cases[i].counties);
        assert_int_equal(item->basis, cases[i].basis);
        assert_string_equal(item->text, "做好工作。");
        call_free(c);
    }
}

static void doubts_unit_lines(void **state) {
    (void) state;
    static const struct {
        const char *line, *code;
    } cases[] = {
        { "责任单位：市甲局等", "unit_list_open" },
        { "责任单位：市甲局等有关部门", "unit_list_open" },
        { "牵头单位：市甲局、市乙局", "several_leads" },
        { "责任单位：市甲局市乙局", "unit_doubtful" },
        { "责任单位：市甲局3", "unit_doubtful" },
        { "责任单位：市甲局★", "unit_doubtful" },
        { "责任单位：各县（市、区）政府", "collective_lead" },
        { "责任单位：", "no_units" },
        { "配合单位：市甲局", "no_lead" },
        { "责任单位：市甲局\n完成时限：持续推进", "deadline_unread" },
        { "责任单位：市甲局\n完成时限：2025年6月底前，2025年底前全部建成", "deadline_several" },
        { "责任单位：市甲局\n责任领导：甲乙丙丁戊己庚", "leader_unread" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        bh_call *c = new_call();
        const import_item *item = item_with(c, cases[i].line);
        assert_int_equal(item->warnings.n, 1);
        assert_string_equal(item->warnings.at[0].code, cases[i].code);
        assert_true(item->warnings.at[0].line >= item->first_line && item->warnings.at[0].line <= item->last_line);
        call_free(c);
    }
}

static void too_many_units_are_cut_and_said(void **state) {
    (void) state;
    bh_call *c = new_call();
    buf line;
    buf_init(&line, c->mem);
    buf_adds(&line, "责任单位：");
    for (int i = 0; i <= IMPORT_UNITS_MAX; i++)
        buf_addf(&line, "市%c%c%c局、", 'a' + i / 26 / 26, 'a' + i / 26 % 26, 'a' + i % 26);
    const import_item *item = item_with(c, line.s);
    assert_int_equal(item->co.n, IMPORT_UNITS_MAX - 1);
    assert_string_equal(item->warnings.at[0].code, "unit_list_long");
    call_free(c);
}

static void reads_leaders(void **state) {
    (void) state;
    static const struct {
        const char *heading, *name, *title;
    } cases[] = {
        { "甲乙丙常务副市长牵头重点工作", "甲乙丙", "常务副市长" },
        { "甲乙市长牵头", "甲乙", "市长" },
        { "甲 乙 副市长牵头事项", "甲乙", "副市长" },
        { "副市长甲乙牵头的工作（8项）", "甲乙", "副市长" },
        { "市委常委、常务副市长甲乙负责事项", "甲乙", "市委常委、常务副市长" },
        { "党组成员、市长助理甲乙牵头", "甲乙", "党组成员、市长助理" },
        { "甲乙丙、丁戊副市长牵头", "甲乙丙、丁戊", "副市长" },
        { "甲乙（副县长）牵头", "甲乙", "副县长" },
        { "甲乙副市长、市公安局局长牵头", "甲乙", "副市长、市公安局局长" },
        { "甲乙·丙丁副主席牵头", "甲乙·丙丁", "副主席" },
        { "工业经济（牵头领导：甲乙）", "甲乙", "" },
        { "牵头领导：副州长 甲乙", "甲乙", "副州长" },
        { "市长牵头重点工作", "-", "市长" },
        { "工业经济", "-", "-" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        bh_call *c = new_call();
        import_document document =
            parse(c, arena_printf(c->mem, "一、%s\n1. 做好工作。\n责任单位：市甲局\n", cases[i].heading));
        assert_int_equal(document.tasks.n, 1);
        const import_item *item = &document.tasks.at[0];
        assert_string_equal(item->leader ? item->leader : "-", cases[i].name);
        assert_string_equal(item->leader_title ? item->leader_title : "-", cases[i].title);
        call_free(c);
    }
}

static void reads_heads(void **state) {
    (void) state;
    static const struct {
        const char *head, *number, *title, *date;
    } cases[] = {
        { "甲市政府文件\n甲政发〔2025〕3号\n甲市关于下达2025年\n计划的通知\n各县（市）：\n2025年2月3日\n",
          "甲政发〔2025〕3号", "甲市关于下达2025年计划的通知", "2025-02-03" },
        { "甲市政府办公室\n甲政办〔2025〕 12 号  签发人：乙\n关于印发方案的通知\n", "甲政办〔2025〕12号",
          "关于印发方案的通知", "-" },
        { "关于印发清单的通知\n甲政办[2025]4号\n二〇二五年十二月三十一日\n", "甲政办[2025]4号", "关于印发清单的通知",
          "2025-12-31" },
        { "附件1\n甲市2025年重点工作任务分解表\n", "-", "甲市2025年重点工作任务分解表", "-" },
        { "一、甲乙市长牵头\n", "-", "-", "-" },
        { "甲市政府办公室 2025年2月4日印发\n", "-", "-", "2025-02-04" },
        { "没有结尾词的标题\n各县（市）：\n", "-", "没有结尾词的标题", "-" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        bh_call *c = new_call();
        import_document document = parse(c, cases[i].head);
        assert_string_equal(document.number ? document.number : "-", cases[i].number);
        assert_string_equal(document.title ? document.title : "-", cases[i].title);
        assert_string_equal(document.date ? document.date : "-", cases[i].date);
        call_free(c);
    }
}

/* 甲局|乙办 named by one sentence for all items. */
static void reads_units_named_once_for_all(void **state) {
    (void) state;
    static const struct {
        const char *sentence, *units;
    } cases[] = {
        { "以下各项任务的责任单位均包括各县（市、区）政府、市甲局，不再逐项列出。", "各县（市、区）政府|市甲局" },
        { "各县（市、区）政府为以下各项任务的共同责任单位，不再逐一列明。", "各县（市、区）政府" },
        { "所有任务均由市甲局、市乙和丙局配合，不再一一列出。", "市甲局|市乙和丙局" },
        { "市甲局、市乙局为全部任务的协办单位。", "市甲局|市乙局" },
        { "配合单位：市甲局、各县（市、区）政府", "市甲局|各县（市、区）政府" },
        { "各县（市、区）政府、市级各部门要高度重视，各项任务均要明确责任单位。", "" },
        { "各责任单位要切实抓好所有任务的落实，不再另行通知。", "" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        bh_call *c = new_call();
        const char *text = arena_printf(c->mem,
                                        "甲市2025年重点工作责任分解\n%s\n一、甲乙市长牵头\n1. 做好工作。\n"
                                        "责任单位：市丙局\n",
                                        cases[i].sentence);
        import_document document = parse(c, text);
        assert_string_equal(join(c, &document.co_all), cases[i].units);
        assert_int_equal(document.tasks.n, 1);
        assert_int_equal(document.tasks.at[0].co.n, 0);
        call_free(c);
    }
}

static void reads_deadlines(void **state) {
    (void) state;
    static const struct {
        const char *term, *day;
    } cases[] = {
        { "2025年12月底前", "2025-12-31" },
        { "2025年2月底前", "2025-02-28" },
        { "2028年2月", "2028-02-29" },
        { "6月底前", "2025-06-30" },
        { "年底前", "2025-12-31" },
        { "2025年底", "2025-12-31" },
        { "2025年", "2025-12-31" },
        { "上半年", "2025-06-30" },
        { "2026年三季度末", "2026-09-30" },
        { "2025年9月15日前", "2025-09-15" },
        { "3月—11月", "2025-11-30" },
        { "2025年3月-2026年6月", "2026-06-30" },
        { "全年", "2025-12-31" },
        { "2025.06", "2025-06-30" },
        { "2025-9-15", "2025-09-15" },
        { "2025/12/31前", "2025-12-31" },
        { "2025年1-6月", "2025-06-30" },
        { "2025.13", NULL },
        { "20250", NULL },
        { "13月底前", NULL },
        { "2月30日前", NULL },
        { "长期", NULL },
        { "每季度", NULL },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        bh_call *c = new_call();
        const char *text = arena_printf(c->mem,
                                        "某市2025年重点工作任务分解\n一、甲乙市长牵头\n1. 做好工作。\n"
                                        "责任单位：市甲局\n完成时限：%s\n",
                                        cases[i].term);
        import_document document = parse(c, text);
        const char *day = document.tasks.at[0].deadline;
        assert_string_equal(day ? day : "-", cases[i].day ? cases[i].day : "-");
        assert_int_equal(document.tasks.at[0].warnings.n, day ? 0 : 1);
        call_free(c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_text_or_too_large),
        cmocka_unit_test(empty_texts_give_empty_objects),
        cmocka_unit_test(line_ends_and_marks_of_order_do_not_matter),
        cmocka_unit_test(reads_unit_lines),
        cmocka_unit_test(doubts_unit_lines),
        cmocka_unit_test(too_many_units_are_cut_and_said),
        cmocka_unit_test(reads_leaders),
        cmocka_unit_test(reads_heads),
        cmocka_unit_test(reads_units_named_once_for_all),
        cmocka_unit_test(reads_deadlines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
