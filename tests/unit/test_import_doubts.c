/* What is doubtful is said in Chinese and in English. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import/doubt.h"

static const struct {
    const char *name, *code, *zh, *en;
} rows[] = {
#define DOUBT(name, code, zh, en) { #name, code, zh, en },
#include "import/doubts.def"
#undef DOUBT
};

/* The words %1..%4 that a sentence holds, one bit each. */
static unsigned words_of(const char *sentence) {
    unsigned words = 0;
    for (const char *p = sentence; (p = strchr(p, '%')); p++)
        words |= 1U << (p[1] - '0');
    return words;
}

static void both_sentences_hold_the_same_words(void **state) {
    (void) state;
    for (size_t i = 0; i < countof(rows); i++) {
        unsigned words = words_of(rows[i].zh);
        if (words != words_of(rows[i].en) || words >= 1U << (IMPORT_WORDS + 1))
            fail_msg("%s: words %x and %x", rows[i].name, words, words_of(rows[i].en));
        assert_int_equal(strspn(rows[i].code, "abcdefghijklmnopqrstuvwxyz_"), strlen(rows[i].code));
    }
}

/* The only doubt of a text, wherever it stands. */
static const import_warning *only_doubt(const import_document *document) {
    const import_warnings *lists[] = { &document->warnings, document->tasks.n ? &document->tasks.at[0].warnings : NULL,
                                       document->matrix.n ? &document->matrix.at[0].warnings : NULL };
    const import_warning *found = NULL;
    for (size_t i = 0; i < countof(lists); i++)
        for (size_t k = 0; lists[i] && k < lists[i]->n; k++) {
            assert_null(found);
            found = &lists[i]->at[k];
        }
    assert_non_null(found);
    return found;
}

#define ITEM(units) "（列第一位的为牵头单位）\n一、甲乙市长牵头\n1. 做好工作。\n" units "\n"
#define ROW(cells) "序号\t类别\t主要内容\t单位\t合计\t甲县\t乙区\t丙市\n" cells "\n"

static void a_doubt_speaks_both_languages(void **state) {
    (void) state;
    static const struct {
        const char *text, *code, *zh, *en;
    } cases[] = {
        { ITEM("责任单位：市甲局3"), "unit_doubtful", "单位名称“市甲局3”含有单位名称中少见的词、符号或数字",
          "The name of a unit \"市甲局3\" holds words, signs or digits that are rare in such names." },
        { ITEM("牵头单位：市甲局、市乙局"), "several_leads",
          "写明了不止一个牵头单位：市甲局、市乙局；取第一个，其余列为协办",
          "More than one lead unit is named: 市甲局, 市乙局. The first leads, the others are co-units." },
        { ROW("1\t教育\t建校\t所\t7\t1\t2\t3"), "row_sum", "各地之和与合计不符：1 + 2 + 3 = 6 ≠ 7",
          "The shares do not add up to the total: 1 + 2 + 3 = 6 ≠ 7." },
        { ROW("1\t教育\t建校\t所\t6\t1\t5"), "cell_missing", "表头有 3 列，本行少 1 格（丙市）；各格相加：1 + 5 = 6",
          "The head has 3 columns, this row lacks 1 cells (丙市); added up: 1 + 5 = 6." },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        bh_call *c = call_new("test", 1000);
        import_document document;
        bh_err *error = import_parse(c, cases[i].text, strlen(cases[i].text), &document);
        assert_null(error);
        const import_warning *doubt = only_doubt(&document);
        assert_string_equal(doubt->code, cases[i].code);
        assert_string_equal(import_warning_text(c->mem, doubt, false), cases[i].zh);
        assert_string_equal(import_warning_text(c->mem, doubt, true), cases[i].en);
        call_free(c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sentences_hold_the_same_words),
        cmocka_unit_test(a_doubt_speaks_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
