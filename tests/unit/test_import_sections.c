/* Who does an item when the section says it, not the item. */
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
        cmocka_unit_test(a_section_names_who_leads_its_items), cmocka_unit_test(an_item_overrules_its_section),
        cmocka_unit_test(doubts_of_a_section_are_told),        cmocka_unit_test(brackets_hold_units_beside_labels),
        cmocka_unit_test(more_unit_lines_than_fit_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
