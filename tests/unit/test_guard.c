#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "echo.pb-c.h"
#include "rpc/guard.h"

static bh_call *c;

static int set_up(UNUSED void **state) {
    c = call_new("test", 1000);
    return 0;
}

static int tear_down(UNUSED void **state) {
    call_free(c);
    return 0;
}

static bh_err *unpack(const void *bytes, size_t n, Bh__Test__EchoRequest **ret_request) {
    return rpc_unpack(c, &bh__test__echo_request__descriptor, bytes, n, (ProtobufCMessage **) ret_request);
}

/* Bytes of an EchoRequest (tests/proto/echo.proto) and what is wrong with them; NULL: nothing. */
typedef struct row {
    const char *bytes;
    size_t n;
    const char *fault;
} row;

#define BYTES(text) (text), sizeof(text) - 1

static const row rows[] = {
    { BYTES(""), NULL },
    { BYTES("\x0a\x02hi"), NULL },
    { BYTES("\x0a\x06\xe7\x9d\xa3\xe6\x9f\xa5"), NULL },
    { BYTES("\x12\x02\xff\x00"), NULL },                     /* bytes may hold anything */
    { BYTES("\x20\x01"), NULL },                             /* COLOUR_RED */
    { BYTES("\x2a\x02\x00\x01"), NULL },                     /* packed enums */
    { BYTES("\x28\x00\x28\x01"), NULL },                     /* the same, not packed */
    { BYTES("\x50\x01\x50\x02"), NULL },                     /* numbers, not packed */
    { BYTES("\x4a\x01z\x4a\x01z"), NULL },                   /* texts */
    { BYTES("\x32\x02\x0a\x00"), NULL },                     /* a node with a child */
    { BYTES("\xa2\x06\x01z"), NULL },                        /* field 100 is unknown and passes */
    { BYTES("\x59\x00\x00\x00\x00\x00\x00\x00\x00"), NULL }, /* share */
    { BYTES("\x65\x01\x02\x03\x04"), NULL },                 /* mark */
    { BYTES("\x0a\x02h"), "text: the message is cut off" },
    { BYTES("\x0a"), "text: a number is cut off" },
    { BYTES("\x80"), "a number is cut off" },
    { BYTES("\x0a\xff\xff\xff\xff\x0f"), "text: the message is cut off" },
    { BYTES("\x0a\xff\xff\xff\xff\xff\xff\x01"), "text: a number is cut off" },
    { BYTES("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "number: a number is cut off" },
    { BYTES("\x59\x00\x00"), "share: the message is cut off" },
    { BYTES("\x65\x00"), "mark: the message is cut off" },
    { BYTES("\x02\x00"), "a field number is out of range" },
    { BYTES("\xf8\xff\xff\xff\x7f\x00"), "a field number is out of range" },
    { BYTES("\x0b"), "text: of another type" },      /* a group */
    { BYTES("\xa3\x06"), "a wire type is unknown" }, /* an unknown group */
    { BYTES("\x08\x01"), "text: of another type" },
    { BYTES("\x1a\x00"), "number: of another type" }, /* a singular number is never packed */
    { BYTES("\x48\x01"), "texts: of another type" },
    { BYTES("\x0a\x01z\x0a\x01z"), "text: given twice" },
    { BYTES("\x18\x01\x18\x01"), "number: given twice" },
    { BYTES("\x32\x00\x32\x00"), "node: given twice" },
    { BYTES("\x3a\x01z\x40\x01"), "right: given twice" }, /* both members of the oneof */
    { BYTES("\x0a\x01\xff"), "text: not UTF-8 without NUL" },
    { BYTES("\x0a\x02\xc0\x80"), "text: not UTF-8 without NUL" },
    { BYTES("\x0a\x03\xed\xa0\x80"), "text: not UTF-8 without NUL" },
    { BYTES("\x0a\x03"
            "a\0b"),
      "text: not UTF-8 without NUL" },
    { BYTES("\x4a\x01z\x4a\x01\xff"), "texts: not UTF-8 without NUL" },
    { BYTES("\x20\x02"), "colour: unknown enum value" },
    { BYTES("\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "colour: unknown enum value" },
    { BYTES("\x2a\x02\x00\x07"), "colours: unknown enum value" },
    { BYTES("\x2a\x02\x00\x80"), "colours: a number is cut off" },
    { BYTES("\x32\x02\x0a\x05"), "child: the message is cut off" },
    { BYTES("\x52\x01\x80"), "numbers: a number is cut off" },
};

static void each_row(UNUSED void **state) {
    for (size_t i = 0; i < countof(rows); i++) {
        Bh__Test__EchoRequest *request = NULL;
        bh_err *err = unpack(rows[i].bytes, rows[i].n, &request);
        if (!rows[i].fault) {
            assert_null(err);
            assert_non_null(request);
            continue;
        }
        assert_non_null(err);
        assert_int_equal(err->code, BH_INVALID_ARGUMENT);
        assert_string_equal(err->reason, "BAD_MESSAGE");
        assert_non_null(strstr(err->en, rows[i].fault));
    }
}

/* A node within a node, `depth` of them, as EchoRequest.node. */
static buf nested(int depth) {
    buf inner;
    buf_init(&inner, c->mem);
    for (int i = 1; i < depth; i++) {
        buf outer;
        buf_init(&outer, c->mem);
        buf_addc(&outer, '\x0a');
        for (size_t n = inner.n; n >= 0x80; n >>= 7)
            buf_addc(&outer, (char) (n | 0x80));
        buf_addc(&outer, (char) (inner.n >> (inner.n < 0x80 ? 0 : inner.n < 0x4000 ? 7 : 14)));
        buf_add(&outer, inner.s, inner.n);
        inner = outer;
    }
    return inner;
}

static bh_err *unpack_node(buf bytes) {
    ProtobufCMessage *message;
    return rpc_unpack(c, &bh__test__node__descriptor, bytes.s, bytes.n, &message);
}

static void depth(UNUSED void **state) {
    assert_null(unpack_node(nested(RPC_DEPTH_MAX)));
    bh_err *err = unpack_node(nested(RPC_DEPTH_MAX + 1));
    assert_non_null(err);
    assert_non_null(strstr(err->en, "nested too deep"));
}

/* 74 KB of nesting: unpacking it would overflow an 8 MB stack. The lengths are lies on purpose and never looked at. */
static void deep_bomb(UNUSED void **state) {
    enum { LEVELS = 20000 };
    size_t n = LEVELS * 4;
    uint8_t *bytes = malloc(n);
    for (size_t i = 0; i < LEVELS; i++) {
        size_t left = n - (i + 1) * 4;
        uint8_t head[4] = { 0x0a, (uint8_t) (left | 0x80), (uint8_t) (left >> 7 | 0x80), (uint8_t) (left >> 14) };
        memcpy(bytes + i * 4, head, 4);
    }
    ProtobufCMessage *message;
    bh_err *err = rpc_unpack(c, &bh__test__node__descriptor, bytes, n, &message);
    assert_non_null(err);
    assert_non_null(strstr(err->en, "nested too deep"));
    free(bytes);
}

/* 200 KB that would become 18 MB. */
static void wide_bomb(UNUSED void **state) {
    enum { SIZE = 200 << 10 };
    uint8_t *bytes = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i += 2) {
        bytes[i] = 0x12;
        bytes[i + 1] = 0;
    }
    ProtobufCMessage *message;
    bh_err *err = rpc_unpack(c, &bh__test__node__descriptor, bytes, SIZE, &message);
    assert_non_null(err);
    assert_string_equal(err->reason, "MESSAGE_TOO_COMPLEX");
    assert_true(arena_used(c->mem) <= (size_t) RPC_MEMORY_BASE + RPC_MEMORY_FACTOR * SIZE + 4096);
    free(bytes);
}

static void too_large(UNUSED void **state) {
    static uint8_t bytes[RPC_SIZE_MAX + 1];
    Bh__Test__EchoRequest *request;
    bh_err *err = unpack(bytes, sizeof(bytes), &request);
    assert_non_null(err);
    assert_int_equal(err->code, BH_RESOURCE_EXHAUSTED);
    assert_string_equal(err->reason, "MESSAGE_TOO_LARGE");
}

/* What honest peers send must pass: every field, at its size limit. */
static void honest(UNUSED void **state) {
    Bh__Test__EchoRequest sent = BH__TEST__ECHO_REQUEST__INIT;
    char *text = arena_alloc(c->mem, RPC_SIZE_MAX / 2);
    memset(text, 'x', RPC_SIZE_MAX / 2 - 1);
    char *texts[] = { (char *) "嘉兴", (char *) "" };
    sent.text = text;
    sent.number = INT64_MIN;
    sent.choice_case = BH__TEST__ECHO_REQUEST__CHOICE_RIGHT;
    sent.right = -1;
    sent.texts = texts;
    sent.n_texts = countof(texts);
    sent.share = 0.5;
    size_t n = protobuf_c_message_get_packed_size(&sent.base);
    uint8_t *bytes = arena_alloc(c->mem, n);
    protobuf_c_message_pack(&sent.base, bytes);
    Bh__Test__EchoRequest *back;
    assert_null(unpack(bytes, n, &back));
    assert_true(back->number == INT64_MIN && back->right == -1 && back->n_texts == 2);
    assert_string_equal(back->texts[0], "嘉兴");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_row), TEST(depth), TEST(deep_bomb), TEST(wide_bomb), TEST(too_large), TEST(honest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
