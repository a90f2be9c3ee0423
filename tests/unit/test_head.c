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

/* A tree of n leaves and the proof of its last one, by way of the plan that the service uses. */
typedef struct tree {
    merkle_hash kept[3][1100];
    merkle_edge edge;
    merkle_hash path[MERKLE_HEIGHTS];
    size_t n;
} tree;

static void keep(void *data, int height, uint64_t place, const merkle_hash *hash) {
    if (height % MERKLE_STEP == 0)
        ((tree *) data)->kept[height / MERKLE_STEP][place] = *hash;
}

static log_head head_of(tree *t, uint64_t size) {
    merkle_run runs[MERKLE_RUNS_MAX];
    const merkle_hash *hashes[MERKLE_RUNS_MAX];
    while (t->edge.size < size) {
        merkle_hash *hash = &t->kept[0][t->edge.size];
        sha256(&t->edge.size, sizeof(t->edge.size), hash->b);
        merkle_append(&t->edge, hash, keep, t);
    }
    size_t n = size ? merkle_plan(size - 1, size, runs) : 0;
    for (size_t i = 0; i < n; i++)
        hashes[i] = &t->kept[runs[i].height / MERKLE_STEP][runs[i].first];
    t->n = merkle_proof(runs, n, hashes, t->path);
    return (log_head){ .origin = "x",
                       .size = size,
                       .root = merkle_root(&t->edge),
                       .blocks = t->kept[1],
                       .block_count = size / MERKLE_BLOCK };
}

static void test_blocks_fit_their_tree(void **state) {
    tree *t = arena_alloc(*state, sizeof(*t));
    for (uint64_t size = 0; size < countof(t->kept[0]); size++) {
        log_head head = head_of(t, size);
        const merkle_hash *last = &t->kept[0][size ? size - 1 : 0];
        assert_true(head_fits(&head, last, t->path, t->n));
        for (size_t i = 0; i < head.block_count; i += 3) {
            t->kept[1][i].b[0] ^= 1;
            assert_false(head_fits(&head, last, t->path, t->n));
            t->kept[1][i].b[0] ^= 1;
        }
        head.root.b[5] ^= 1;
        assert_false(head_fits(&head, last, t->path, t->n));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_there_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_changed_byte_is_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blocks_fit_their_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_does_not_fit_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
