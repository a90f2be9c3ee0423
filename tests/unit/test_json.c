/* The JSON mapping: both directions, and everything it must refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_test.pb-c.h"
#include "json/base64.h"
#include "json/json.h"

static int setup(void **state) {
    *state = call_new("test", 1000);
    return 0;
}

static int teardown(void **state) {
    call_free(*state);
    return 0;
}

static bh_err *parse(bh_call *c, const char *text, Bh__Test__Every **ret_message) {
    ProtobufCMessage *message = NULL;
    TRY(json_parse(c, text, strlen(text), &bh__test__every__descriptor, &message));
    *ret_message = (Bh__Test__Every *) message;
    return NULL;
}

static const char *text_of(bh_call *c, const Bh__Test__Every *message, unsigned options) {
    buf out;
    buf_init(&out, c->mem);
    json_write(&out, &message->base, options);
    return out.s;
}

/* Each text must come back byte for byte: canonical JSON of one field. */
static void test_round_trip(void **state) {
    static const char *const texts[] = {
        "{}",
        "{\"smallNumber\":-2147483648,\"smallSigned\":2147483647,\"smallFixed\":-1}",
        "{\"smallPositive\":4294967295,\"smallFixedPositive\":4294967295}",
        "{\"bigNumber\":\"-9223372036854775808\",\"bigSigned\":\"9223372036854775807\",\"bigFixed\":\"-1\"}",
        "{\"bigPositive\":\"18446744073709551615\",\"bigFixedPositive\":\"18446744073709551615\"}",
        "{\"isTrue\":true,\"colour\":\"COLOUR_GREEN\"}",
        "{\"colour\":77}",
        "{\"text\":\"\\\"\\\\\\n\\u0001 督查室 \xf0\x9f\x8c\xb8\"}",
        "{\"digest\":\"AA==\",\"digests\":[\"AAE=\",\"AAEC\",\"\",\"+/+/\"]}",
        "{\"leaf\":{}}",
        "{\"leaf\":{\"someName\":\"x\",\"bigNumbers\":[\"1\",\"-2\"]}}",
        "{\"numbers\":[0,1,-1],\"flags\":[true,false],\"colours\":[\"COLOUR_RED\",\"COLOUR_UNSPECIFIED\"]}",
        "{\"texts\":[\"\",\"a\"],\"leaves\":[{},{\"someName\":\"b\"}]}",
        "{\"chosenNumber\":0}",
        "{\"chosenText\":\"\"}",
        "{\"chosenLeaf\":{}}",
        "{\"line1Text\":\"x\"}",
    };
    for (size_t i = 0; i < countof(texts); i++) {
        Bh__Test__Every *message = NULL;
        assert_null(parse(*state, texts[i], &message));
        assert_string_equal(text_of(*state, message, 0), texts[i]);
    }
}

/* Other spellings of the same message. */
static void test_lenient_input(void **state) {
    static const char *const pairs[][2] = {
        { "{\"small_number\":\"12\",\"big_number\":34}", "{\"smallNumber\":12,\"bigNumber\":\"34\"}" },
        { "{\"smallNumber\":3.0,\"bigNumber\":1e3}", "{\"smallNumber\":3,\"bigNumber\":\"1000\"}" },
        { "{\"smallNumber\":-0.0}", "{}" },
        { "{\"colour\":2,\"numbers\":[]}", "{\"colour\":\"COLOUR_GREEN\"}" },
        { "{\"text\":null,\"leaf\":null,\"numbers\":null,\"chosenText\":null,\"chosenNumber\":1}",
          "{\"chosenNumber\":1}" },
        { "{\"digest\":\"-_-_\"}", "{\"digest\":\"+/+/\"}" },
        { "{\"digest\":\"AA\"}", "{\"digest\":\"AA==\"}" },
        { " {\"text\" : \"\\u95ed\\ud83c\\udf38\" }\n", "{\"text\":\"闭\xf0\x9f\x8c\xb8\"}" },
        { "{\"line_1_text\":\"x\"}", "{\"line1Text\":\"x\"}" },
    };
    for (size_t i = 0; i < countof(pairs); i++) {
        Bh__Test__Every *message = NULL;
        assert_null(parse(*state, pairs[i][0], &message));
        assert_string_equal(text_of(*state, message, 0), pairs[i][1]);
    }
}

static void test_refused_fields(void **state) {
    static const char *const pairs[][2] = {
        { "[]", "(message)" },
        { "{\"nope\":1}", "nope" },
        { "{\"SmallNumber\":1}", "SmallNumber" },
        { "{\"smallnumber\":1}", "smallnumber" },
        { "{\"smallNumberX\":1}", "smallNumberX" },
        { "{\"smallNumber\":2147483648}", "smallNumber" },
        { "{\"smallNumber\":1.5}", "smallNumber" },
        { "{\"smallNumber\":1e300}", "smallNumber" },
        { "{\"smallNumber\":\"\"}", "smallNumber" },
        { "{\"smallNumber\":\"1 \"}", "smallNumber" },
        { "{\"smallNumber\":\"0x1\"}", "smallNumber" },
        { "{\"smallNumber\":true}", "smallNumber" },
        { "{\"smallPositive\":-1}", "smallPositive" },
        { "{\"bigNumber\":\"9223372036854775808\"}", "bigNumber" },
        { "{\"bigPositive\":\"18446744073709551616\"}", "bigPositive" },
        { "{\"bigPositive\":\"184467440737095516160\"}", "bigPositive" },
        { "{\"isTrue\":1}", "isTrue" },
        { "{\"isTrue\":\"true\"}", "isTrue" },
        { "{\"colour\":\"RED\"}", "colour" },
        { "{\"colour\":2147483648}", "colour" },
        { "{\"colour\":true}", "colour" },
        { "{\"text\":1}", "text" },
        { "{\"digest\":\"A\"}", "digest" },
        { "{\"digest\":\"A===\"}", "digest" },
        { "{\"digest\":\"AA=A\"}", "digest" },
        { "{\"digest\":\"A A=\"}", "digest" },
        { "{\"leaf\":[]}", "leaf" },
        { "{\"numbers\":1}", "numbers" },
        { "{\"numbers\":[1,\"x\"]}", "numbers[1]" },
        { "{\"numbers\":[null]}", "numbers[0]" },
        { "{\"leaves\":[{},{\"bigNumbers\":[1,2,{}]}]}", "leaves[1].bigNumbers[2]" },
        { "{\"leaves\":[{\"some_name\":\"a\",\"someName\":\"b\"}]}", "leaves[0].someName" },
        { "{\"chosenNumber\":1,\"chosenText\":\"\"}", "chosenText" },
    };
    for (size_t i = 0; i < countof(pairs); i++) {
        Bh__Test__Every *message = NULL;
        bh_err *error = parse(*state, pairs[i][0], &message);
        assert_non_null(error);
        assert_string_equal(error->reason, "BAD_FIELD");
        assert_true(strstr(error->en, pairs[i][1]) != NULL);
    }
}

static void test_refused_text(void **state) {
    static const char *const texts[] = {
        "",
        "{",
        "1",
        "{\"text\":\"a\",\"text\":\"b\"}",
        "{\"text\":\"\\u0000\"}",
        "{\"\\u0000\":1}",
        "{\"text\":\"\xff\"}",
        "{\"text\":\"\xc0\x80\"}",
        "{\"text\":\"\xed\xa0\x80\"}",
        "{\"text\":\"\\ud800\"}",
        "{\"smallNumber\":NaN}",
        "{\"bigPositive\":18446744073709551616}",
        "{} {}",
        "{\"text\":'a'}",
        "{\"numbers\":[1,]}",
        "\xef\xbb\xbf{}",
    };
    for (size_t i = 0; i < countof(texts); i++) {
        Bh__Test__Every *message = NULL;
        bh_err *error = parse(*state, texts[i], &message);
        assert_non_null(error);
        assert_string_equal(error->reason, "BAD_MESSAGE");
    }
}

static bh_err *parse_repeated(bh_call *c, const char *head, const char *part, size_t n) {
    buf text;
    buf_init(&text, c->mem);
    buf_adds(&text, head);
    for (size_t i = 0; i < n; i++)
        buf_adds(&text, part);
    ProtobufCMessage *message;
    return json_parse(c, text.s, text.n, &bh__test__every__descriptor, &message);
}

static void test_list_into_a_message(void **state) {
    bh_call *c = *state;
    Bh__Test__Every message = BH__TEST__EVERY__INIT;
    assert_null(json_parse_list(c, "", "texts", &message.base));
    assert_int_equal(message.n_texts, 0);
    assert_null(json_parse_list(c, "[\"a\",\"b\"]", "texts", &message.base));
    assert_int_equal(message.n_texts, 2);
    assert_string_equal(message.texts[1], "b");
    assert_string_equal(json_parse_list(c, "[", "numbers", &message.base)->reason, "BAD_MESSAGE");
    bh_err *error = json_parse_list(c, "[1,\"x\"]", "numbers", &message.base);
    assert_string_equal(error->reason, "BAD_FIELD");
    assert_non_null(strstr(error->en, "numbers[1]"));
}

static void test_limits(void **state) {
    assert_string_equal(parse_repeated(*state, "{\"leaf\":", "[", JSON_DEPTH_MAX)->reason, "BAD_MESSAGE");
    assert_non_null(strstr(parse_repeated(*state, "", "[", 100000)->en, "too deep"));
    bh_err *error = parse_repeated(*state, "{\"numbers\":[", "1,", JSON_VALUES_MAX);
    assert_string_equal(error->reason, "MESSAGE_TOO_COMPLEX");
    assert_string_equal(parse_repeated(*state, "", " ", JSON_SIZE_MAX + 1)->reason, "MESSAGE_TOO_LARGE");
    /* a bracket inside a string is no nesting */
    Bh__Test__Every *message = NULL;
    assert_null(parse(*state, "{\"text\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[\"}", &message));
}

/* Small text that would become a large message is refused before the call's arena is full. */
static void test_memory(void **state) {
    bh_call *c = *state;
    buf text;
    buf_init(&text, c->mem);
    buf_adds(&text, "{\"all\":[{}");
    for (int i = 0; i < JSON_VALUES_MAX / 2 - 10; i++)
        buf_adds(&text, ",{\"text\":\"12345678901234567890123456789012\"}");
    buf_adds(&text, "]}");
    ProtobufCMessage *message;
    bh_err *error = json_parse(c, text.s, text.n, &bh__test__many__descriptor, &message);
    assert_string_equal(error->reason, "MESSAGE_TOO_COMPLEX");
}

static void test_options(void **state) {
    Bh__Test__Every *message = NULL;
    assert_null(parse(*state, "{\"leaf\":{\"someName\":\"x\"},\"colour\":1,\"chosenNumber\":0}", &message));
    assert_string_equal(text_of(*state, message, JSON_PROTO_NAMES),
                        "{\"colour\":\"COLOUR_RED\",\"leaf\":{\"some_name\":\"x\"},\"chosen_number\":0}");
    assert_string_equal(
        text_of(*state, message, JSON_SQL),
        "{\"small_number\":0,\"small_signed\":0,\"small_fixed\":0,\"small_positive\":0,\"small_fixed_positive\":0,"
        "\"big_number\":\"0\",\"big_signed\":\"0\",\"big_fixed\":\"0\",\"big_positive\":\"0\","
        "\"big_fixed_positive\":\"0\",\"is_true\":false,\"colour\":1,\"text\":\"\",\"digest\":\"\","
        "\"leaf\":{\"some_name\":\"x\",\"big_numbers\":[]},\"numbers\":[],\"flags\":[],\"colours\":[],\"texts\":[],"
        "\"digests\":[],\"leaves\":[],\"chosen_number\":0,\"line_1_text\":\"\"}");
    buf list;
    buf_init(&list, ((bh_call *) *state)->mem);
    json_write_list(&list, &message, 1, JSON_PROTO_NAMES);
    json_write_list(&list, NULL, 0, 0);
    assert_string_equal(list.s, "[{\"colour\":\"COLOUR_RED\",\"leaf\":{\"some_name\":\"x\"},\"chosen_number\":0}][]");
}

/* What came from elsewhere with bad bytes is still written as valid JSON; NULL strings are empty. */
static void test_write_bad_text(void **state) {
    Bh__Test__Every message = BH__TEST__EVERY__INIT;
    message.text = (char[]){ "a\xff\xed\xa0\x80z" };
    assert_string_equal(text_of(*state, &message, 0),
                        "{\"text\":\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"}");
    message.text = NULL;
    assert_string_equal(text_of(*state, &message, 0), "{}");
}

static void test_base64(void **state) {
    buf out;
    buf_init(&out, ((bh_call *) *state)->mem);
    base64_add(&out, "\xff\xfe", 2, false);
    assert_string_equal(out.s, "//4");
    uint8_t *bytes;
    size_t n;
    assert_true(base64_parse(out.mem, "", &bytes, &n));
    assert_int_equal(n, 0);
    assert_false(base64_parse(out.mem, "====", &bytes, &n));
    assert_false(base64_parse(out.mem, "AA\n", &bytes, &n));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lenient_input, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list_into_a_message, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_options, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_bad_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_base64, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
