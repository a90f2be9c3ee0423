/* The file of a kept tree head: written, read back, and refused when a single byte of it is not as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/head.h"

static int setup(void **state) {
    *state = arena_new(8 << 20);
    return 0;
}

static int teardown(void **state) {
    arena_free(*state);
    return 0;
}

static buf example(arena *mem) {
    merkle_hash blocks[3] = { 0 };
    blocks[2].b[31] = 7;
    log_head head = {
        .origin = "bihuan/a b", .size = 3 * 256 + 5, .time_ms = 1735689600123, .blocks = blocks, .block_count = 3
    };
    head.root.b[0] = 0xab;
    buf out;
    buf_init(&out, mem);
    head_write(&out, &head);
    return out;
}

static void test_there_and_back(void **state) {
    buf text = example(*state);
    log_head head;
    assert_true(head_parse(*state, text.s, text.n, &head));
    assert_string_equal(head.origin, "bihuan/a b");
    assert_int_equal(head.size, 773);
    assert_int_equal(head.time_ms, 1735689600123);
    assert_int_equal(head.root.b[0], 0xab);
    assert_int_equal(head.block_count, 3);
    assert_int_equal(head.blocks[2].b[31], 7);
}

static void test_every_changed_byte_is_seen(void **state) {
    buf text = example(*state);
    log_head head;
    for (size_t i = 0; i < text.n; i++) {
        text.s[i] ^= 1;
        assert_false(head_parse(*state, text.s, text.n, &head));
        text.s[i] ^= 1;
    }
    for (size_t n = 0; n < text.n; n++)
        assert_false(head_parse(*state, text.s, n, &head));
}

/* The text with one line replaced and its digest made anew. */
static bool parses(arena *mem, const char *line, const char *replacement) {
    buf text = example(mem), changed;
    char *at = strstr(text.s, line), *end = strstr(text.s, "sha256 ");
    assert_non_null(at);
    buf_init(&changed, mem);
    buf_add(&changed, text.s, (size_t) (at - text.s));
    buf_adds(&changed, replacement);
    at += strlen(line);
    buf_add(&changed, at, (size_t) (end - at));
    uint8_t digest[SHA256_SIZE];
    sha256(changed.s, changed.n, digest);
    buf_addf(&changed, "sha256 %s\n", hex(mem, digest, sizeof(digest)));
    log_head head;
    return head_parse(mem, changed.s, changed.n, &head);
}

static void test_what_does_not_fit_is_refused(void **state) {
    assert_true(parses(*state, "size 773\n", "size 773\n"));
    assert_false(parses(*state, "size 773\n", "size 1024\n"));
    assert_false(parses(*state, "size 773\n", "size -3\n"));
    assert_false(parses(*state, "size 773\n", "size 99999999999999999999\n"));
    assert_false(parses(*state, "size 773\n", ""));
    assert_false(parses(*state, "blocks 3\n", "blocks 2\n"));
    assert_false(parses(*state, "origin bihuan/a b\n", "origin \n"));
    assert_false(parses(*state, "bihuan-audit-head/1\n", "bihuan-audit-head/2\n"));
    assert_false(parses(*state, "root ab", "root zz"));
    assert_false(parses(*state, "root ab", "more\nroot ab"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_there_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_changed_byte_is_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_does_not_fit_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
