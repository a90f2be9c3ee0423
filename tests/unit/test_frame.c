#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "rpc/frame.h"

static const frame sample = {
    .kind = FRAME_OPEN,
    .flags = FRAME_END_STREAM,
    .status = 14,
    .call_id = 0x0102030405060709,
    .timeout_ms = 3600000,
    .messages = 0x0a0b0c0d,
    .bytes = 0x01020304,
    .meta_size = 2,
};

static void round_trip(UNUSED void **state) {
    uint8_t bytes[FRAME_HEADER_SIZE + 5] = { 0 };
    frame back;
    frame_write(&sample, bytes);
    memcpy(bytes + FRAME_HEADER_SIZE, "mmppp", 5);
    assert_null(frame_parse(bytes, sizeof(bytes), &back));
    assert_int_equal(back.kind, sample.kind);
    assert_int_equal(back.flags, sample.flags);
    assert_int_equal(back.status, sample.status);
    assert_true(back.call_id == sample.call_id);
    assert_int_equal(back.timeout_ms, sample.timeout_ms);
    assert_int_equal(back.messages, sample.messages);
    assert_int_equal(back.bytes, sample.bytes);
    assert_int_equal(back.meta_size, 2);
    assert_memory_equal(back.meta, "mm", 2);
    assert_int_equal(back.payload_size, 3);
    assert_memory_equal(back.payload, "ppp", 3);
}

/* The layout is a promise: docs/PROTOCOL.md. */
static void layout(UNUSED void **state) {
    static const uint8_t expected[FRAME_HEADER_SIZE] = {
        'B', 'H', 1,  2,  0, 1,    0,    14,   1, 2, 3, 4, 5, 6, 7, 9,
        10,  11,  12, 13, 0, 0x36, 0xee, 0x80, 0, 0, 0, 2, 1, 2, 3, 4,
    };
    uint8_t bytes[FRAME_HEADER_SIZE];
    frame_write(&sample, bytes);
    assert_memory_equal(bytes, expected, sizeof(expected));
}

/* One change to a good header, and what is said about it. */
static void refused(UNUSED void **state) {
    static const struct {
        size_t at;
        uint8_t value;
        const char *fault;
    } rows[] = {
        { 0, 'X', "not of this protocol" },
        { 2, 2, "of another version" },
        { 24, 0x80, "meta is too long" },
        { 26, 0x20, "meta is too long" },
    };
    frame back;
    for (size_t i = 0; i < countof(rows); i++) {
        uint8_t bytes[FRAME_HEADER_SIZE + 2] = { 0 };
        frame_write(&sample, bytes);
        bytes[rows[i].at] = rows[i].value;
        assert_string_equal(frame_parse(bytes, sizeof(bytes), &back), rows[i].fault);
    }
}

static void cut_off(UNUSED void **state) {
    uint8_t bytes[FRAME_HEADER_SIZE + 2] = { 0 };
    frame back;
    frame_write(&sample, bytes);
    for (size_t n = 0; n < FRAME_HEADER_SIZE; n++)
        assert_string_equal(frame_parse(bytes, n, &back), "shorter than a header");
    assert_string_equal(frame_parse(bytes, FRAME_HEADER_SIZE + 1, &back), "meta is too long");
    assert_null(frame_parse(bytes, FRAME_HEADER_SIZE + 2, &back));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(layout),
        cmocka_unit_test(refused),
        cmocka_unit_test(cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
