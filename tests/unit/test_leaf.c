/* The bytes of an audit entry: fixed by a hand-made example, read back, and refused when anything is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/leaf.h"

static int setup(void **state) {
    *state = arena_new(1 << 20);
    return 0;
}

static int teardown(void **state) {
    arena_free(*state);
    return 0;
}

static leaf example(void) {
    leaf entry = {
        .site_id = 1,
        .object_type = "task",
        .object_id = "42",
        .version = 3,
        .action = "IssueTask",
        .user_id = -1,
        .unit_id = 7,
        .post = 5,
        .leader_id = 0,
        .time_ms = 0x0102030405060708,
        .note = "督",
    };
    memset(entry.request_id.b, 0xaa, UUID_SIZE);
    memset(entry.fingerprint, 0xbb, SHA256_SIZE);
    return entry;
}

/* Written out by hand from the comment in leaf.h. */
static const char EXAMPLE[] = "62696875616e2d61756469742f3100"
                              "00000001 0004 7461736b 0002 3432 00000003 0009 49737375655461736b"
                              "ffffffff 00000007 00000005 00000000 0102030405060708"
                              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                              "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
                              "0003 e79da3";

static char *without_spaces(arena *mem, const char *text) {
    char *out = arena_alloc(mem, strlen(text) + 1);
    for (size_t n = 0; *text; text++)
        if (*text != ' ')
            out[n++] = *text;
    return out;
}

static uint8_t *whole(arena *mem, const leaf *entry, size_t *ret_n) {
    size_t n;
    const uint8_t *body = leaf_body(mem, entry, &n);
    uint8_t *bytes = arena_alloc(mem, n + SHA256_SIZE);
    memcpy(bytes, body, n);
    memset(bytes + n, 0xcc, SHA256_SIZE);
    *ret_n = n + SHA256_SIZE;
    return bytes;
}

static void test_layout(void **state) {
    leaf entry = example();
    size_t n;
    const uint8_t *body = leaf_body(*state, &entry, &n);
    assert_string_equal(hex(*state, body, n), without_spaces(*state, EXAMPLE));
}

static void test_reads_back(void **state) {
    leaf entry = example(), again;
    size_t n;
    uint8_t previous[SHA256_SIZE];
    const uint8_t *bytes = whole(*state, &entry, &n);
    assert_true(leaf_parse(*state, bytes, n, &again, previous));
    assert_string_equal(again.object_type, "task");
    assert_string_equal(again.object_id, "42");
    assert_string_equal(again.action, "IssueTask");
    assert_string_equal(again.note, "督");
    assert_int_equal(again.user_id, -1);
    assert_int_equal(again.version, 3);
    assert_int_equal(again.time_ms, 0x0102030405060708);
    assert_memory_equal(again.request_id.b, entry.request_id.b, UUID_SIZE);
    assert_memory_equal(again.fingerprint, entry.fingerprint, SHA256_SIZE);
    assert_memory_equal(previous, bytes + n - SHA256_SIZE, SHA256_SIZE);
}

static void test_refuses_each_truncation_and_a_tail(void **state) {
    leaf entry = example(), again;
    size_t n;
    uint8_t previous[SHA256_SIZE];
    const uint8_t *bytes = whole(*state, &entry, &n);
    for (size_t cut = 0; cut < n; cut++)
        assert_false(leaf_parse(*state, bytes, cut, &again, previous));
    uint8_t *longer = arena_alloc(*state, n + 1);
    memcpy(longer, bytes, n);
    assert_false(leaf_parse(*state, longer, n + 1, &again, previous));
}

static void test_refuses_other_kinds_and_bad_text(void **state) {
    leaf entry = example(), again;
    size_t n;
    uint8_t previous[SHA256_SIZE];
    uint8_t *bytes = whole(*state, &entry, &n);
    bytes[0] ^= 1;
    assert_false(leaf_parse(*state, bytes, n, &again, previous));
    bytes[0] ^= 1;
    bytes[21] = 0xff; /* the t of task */
    assert_false(leaf_parse(*state, bytes, n, &again, previous));
    bytes[21] = '\0';
    assert_false(leaf_parse(*state, bytes, n, &again, previous));
    bytes[21] = 't';
    assert_true(leaf_parse(*state, bytes, n, &again, previous));
}

/* The leaf hash of nothing, from RFC 6962's reference tests. */
static void test_hash(void **state) {
    uint8_t hash[SHA256_SIZE];
    leaf_hash((const uint8_t *) "", 0, hash);
    assert_string_equal(hex(*state, hash, sizeof(hash)),
                        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reads_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_each_truncation_and_a_tail, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_other_kinds_and_bad_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hash, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
