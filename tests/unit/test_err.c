/* The tables of errors: both languages everywhere, and how their sentences are filled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/call.h"
#include "base/utf8.h"

static bh_call *c;

static const struct {
    const char *name, *zh, *en;
} sentences[] = {
#define DETAIL(name, zh, en) { #name, zh, en },
#include "base/details.def"
#undef DETAIL
#define REASON(name, code, zh, en) { #name, zh, en },
#include "base/reasons.def"
#undef REASON
};

static bool has_chinese(const char *text) {
    for (const char *p = text, *end = text + strlen(text); p < end;) {
        uint32_t character = utf8_next(&p, end);
        if (character >= 0x4e00 && character < 0xa000)
            return true;
    }
    return false;
}

static void each_sentence_is_told_in_both_languages(UNUSED void **state) {
    for (size_t i = 0; i < countof(sentences); i++)
        if (!has_chinese(sentences[i].zh) || has_chinese(sentences[i].en) || !*sentences[i].en)
            fail_msg("%s", sentences[i].name);
}

static void a_detail_is_filled_in_its_language(UNUSED void **state) {
    bh_err *e = bh_fail_why(c, BAD_FIELD, "title", TOO_LONG, "300");
    assert_int_equal(e->code, BH_INVALID_ARGUMENT);
    assert_string_equal(e->reason, "BAD_FIELD");
    assert_string_equal(e->zh, "字段 title 不正确：最多 300 字节");
    assert_string_equal(e->en, "The field title is not right: at most 300 bytes.");
    e = bh_fail_why(c, BAD_FIELD, "page_size", BEYOND, "0", "500");
    assert_string_equal(e->zh, "字段 page_size 不正确：应在 0 至 500 之间");
    assert_string_equal(e->en, "The field page_size is not right: 0..500 expected.");
}

int main(void) {
    c = call_new("test", 1000);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sentence_is_told_in_both_languages),
        cmocka_unit_test(a_detail_is_filled_in_its_language),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    call_free(c);
    return failed;
}
