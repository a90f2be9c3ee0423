#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "rpc/bundle.h"
#include "rpc/message.h"

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

/* --- several in one message --- */

static zmq_msg_t message_of(uint8_t kind, size_t payload_size) {
    zmq_msg_t message;
    memset(message_init(&message, (frame){ .kind = kind, .call_id = payload_size }, NULL, payload_size), 'p',
           payload_size);
    return message;
}

static void bundle_round_trip(UNUSED void **state) {
    bundle all = { .n = 0 };
    zmq_msg_t sent[] = { message_of(FRAME_PING, 0), message_of(FRAME_OPEN, 300), message_of(FRAME_END, 1) }, message;
    frame back;
    const char *fault;
    for (size_t i = 0; i < countof(sent); i++) {
        assert_true(bundle_has_room(&all, &sent[i], false));
        bundle_add(&all, &sent[i], NULL, false);
    }
    bundle_make(&all, &message);
    bundle_reader reader = bundle_open(&message);
    for (size_t i = 0; i < countof(sent); i++) {
        assert_true(bundle_next(&reader, &back, &fault));
        assert_null(fault);
        assert_int_equal(back.payload_size, back.call_id);
        assert_memory_equal(back.payload - FRAME_HEADER_SIZE, zmq_msg_data(&sent[i]), zmq_msg_size(&sent[i]));
        zmq_msg_close(&sent[i]);
    }
    assert_false(bundle_next(&reader, &back, &fault));
    zmq_msg_close(&message);
}

/* One frame travels as it is; a small one lies in its message, and so does what a copy points to. */
static void bundle_of_one(UNUSED void **state) {
    bundle all = { .n = 0 };
    zmq_msg_t sent = message_of(FRAME_END, 1), message, copy;
    frame back;
    const char *fault;
    bundle_add(&all, &sent, NULL, true);
    bundle_make(&all, &message);
    bundle_reader reader = bundle_open(&message);
    assert_true(bundle_next(&reader, &back, &fault));
    assert_int_equal(back.kind, FRAME_END);
    zmq_msg_init(&copy);
    message_share(&copy, &message, &back);
    zmq_msg_close(&message);
    assert_ptr_equal(back.payload, (uint8_t *) zmq_msg_data(&copy) + FRAME_HEADER_SIZE);
    assert_false(bundle_next(&reader, &back, &fault));
    zmq_msg_close(&copy);
    zmq_msg_close(&sent);
}

static void bundle_room(UNUSED void **state) {
    zmq_msg_t small = message_of(FRAME_PING, 0), large = message_of(FRAME_OPEN, BUNDLE_SIZE_MAX);
    bundle all = { .n = 0 };
    assert_true(bundle_has_room(&all, &large, false));
    for (; all.n < BUNDLE_FRAMES_MAX; bundle_add(&all, &small, NULL, false))
        assert_true(bundle_has_room(&all, &small, false));
    assert_false(bundle_has_room(&all, &small, false));
    bundle_clear(&all);
    bundle_add(&all, &small, NULL, false);
    assert_false(bundle_has_room(&all, &large, false));
    assert_false(bundle_has_room(&all, &small, true));
    bundle_clear(&all);
    bundle_add(&all, &small, NULL, true);
    assert_false(bundle_has_room(&all, &small, false));
    zmq_msg_close(&large);
    zmq_msg_close(&small);
}

/* Two PINGs, a number in them changed, or bytes cut off their end: where that is noticed, and what is said. */
static void broken_bundles(UNUSED void **state) {
    enum { SECOND = FRAME_HEADER_SIZE + 4 + FRAME_HEADER_SIZE, SIZE = SECOND + 4 + FRAME_HEADER_SIZE };
    static const struct {
        size_t at;
        uint8_t value;
        size_t cut;
        int good;
        const char *fault;
    } rows[] = {
        { FRAME_HEADER_SIZE, 1, 0, 0, "a bundle that is cut off" },
        { FRAME_HEADER_SIZE + 3, 0, 0, 0, "shorter than a header" },
        { FRAME_HEADER_SIZE + 4, 'X', 0, 0, "not of this protocol" },
        { FRAME_HEADER_SIZE + 4 + 3, FRAME_BUNDLE, 0, 0, "a bundle in a bundle" },
        { SECOND + 3, 33, 0, 1, "a bundle that is cut off" },
        { SECOND, 0, 1, 1, "a bundle that is cut off" },
        { SECOND, 0, FRAME_HEADER_SIZE + 1, 1, "a bundle that is cut off" },
    };
    zmq_msg_t ping = message_of(FRAME_PING, 0), message, changed;
    bundle both = { .n = 0 };
    bundle_add(&both, &ping, NULL, false);
    bundle_add(&both, &ping, NULL, false);
    bundle_make(&both, &message);
    assert_int_equal(zmq_msg_size(&message), SIZE);
    for (size_t i = 0; i < countof(rows); i++) {
        frame back;
        const char *fault = NULL;
        zmq_msg_init_size(&changed, SIZE - rows[i].cut);
        memcpy(zmq_msg_data(&changed), zmq_msg_data(&message), SIZE - rows[i].cut);
        ((uint8_t *) zmq_msg_data(&changed))[rows[i].at] = rows[i].value;
        int good = 0;
        for (bundle_reader reader = bundle_open(&changed); bundle_next(&reader, &back, &fault);)
            good += fault == NULL;
        assert_int_equal(good, rows[i].good);
        assert_string_equal(fault, rows[i].fault);
        zmq_msg_close(&changed);
    }
    zmq_msg_close(&message);
    zmq_msg_close(&ping);
}

static void bundle_too_large(UNUSED void **state) {
    zmq_msg_t message = message_of(FRAME_BUNDLE, BUNDLE_SIZE_MAX + 1);
    frame back;
    const char *fault;
    bundle_reader reader = bundle_open(&message);
    assert_true(bundle_next(&reader, &back, &fault));
    assert_string_equal(fault, "a bundle that is too large");
    assert_false(bundle_next(&reader, &back, &fault));
    zmq_msg_close(&message);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),        cmocka_unit_test(layout),
        cmocka_unit_test(refused),           cmocka_unit_test(cut_off),
        cmocka_unit_test(bundle_round_trip), cmocka_unit_test(bundle_of_one),
        cmocka_unit_test(bundle_room),       cmocka_unit_test(broken_bundles),
        cmocka_unit_test(bundle_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
