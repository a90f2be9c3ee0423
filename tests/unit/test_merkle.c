/* Merkle trees against the reference vectors of RFC 6962's implementation, and against its definition for every size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/leaf.h"
#include "domain/merkle.h"

enum { LEAVES_MAX = 66000, LEAVES_SOME = 700 };

static merkle_hash of_hex(const char *digits) {
    merkle_hash hash;
    assert_true(hex_parse(digits, hash.b, SHA256_SIZE));
    return hash;
}

static void assert_same(const merkle_hash *a, const merkle_hash *b) {
    assert_memory_equal(a->b, b->b, SHA256_SIZE);
}

/* -- the reference vectors -- */

static const struct reference_leaf {
    const char *bytes;
    size_t n;
} reference_leaves[] = {
    { "", 0 },
    { "\x00", 1 },
    { "\x10", 1 },
    { "\x20\x21", 2 },
    { "\x30\x31", 2 },
    { "\x40\x41\x42\x43", 4 },
    { "\x50\x51\x52\x53\x54\x55\x56\x57", 8 },
    { "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16 },
};

static const char *const reference_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void test_reference_roots(UNUSED void **state) {
    merkle_edge edge = { 0 };
    for (size_t size = 0; size < countof(reference_roots); size++) {
        merkle_hash root = merkle_root(&edge), expected = of_hex(reference_roots[size]), hash;
        assert_same(&root, &expected);
        if (size == countof(reference_leaves))
            return;
        leaf_hash((const uint8_t *) reference_leaves[size].bytes, reference_leaves[size].n, hash.b);
        merkle_append(&edge, &hash, NULL, NULL);
    }
}

/* Proofs of the reference tree: leaf, size, path. */
static const struct reference_path {
    uint64_t index, size;
    const char *path[3];
} reference_paths[] = {
    { 0, 1, { NULL } },
    { 0,
      8,
      { "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4" } },
    { 5,
      8,
      { "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" } },
    { 2, 3, { "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" } },
    { 1,
      5,
      { "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b" } },
};

/* -- a store of kept hashes, as the service has one -- */

typedef struct store {
    merkle_hash kept[3][LEAVES_MAX]; /* heights 0, 8 and 16 */
    merkle_edge edge;
} store;

static void keep(void *data, int height, uint64_t place, const merkle_hash *hash) {
    store *s = data;
    if (height % MERKLE_STEP == 0)
        s->kept[height / MERKLE_STEP][place] = *hash;
}

static void grow(store *s, const merkle_hash *hash) {
    s->kept[0][s->edge.size] = *hash;
    merkle_append(&s->edge, hash, keep, s);
}

static size_t prove(const store *s, uint64_t index, uint64_t size, merkle_hash *ret_path) {
    merkle_run runs[MERKLE_RUNS_MAX];
    const merkle_hash *hashes[MERKLE_RUNS_MAX];
    size_t n = merkle_plan(index, size, runs);
    for (size_t i = 0; i < n; i++)
        hashes[i] = &s->kept[runs[i].height / MERKLE_STEP][runs[i].first];
    return merkle_proof(runs, n, hashes, ret_path);
}

static store *store_of(int leaves) {
    store *s = test_calloc(1, sizeof(*s));
    for (int i = 0; i < leaves; i++) {
        merkle_hash hash;
        leaf_hash((const uint8_t *) &i, sizeof(i), hash.b);
        grow(s, &hash);
    }
    return s;
}

static void test_reference_paths(UNUSED void **state) {
    store *s = test_calloc(1, sizeof(*s));
    for (size_t i = 0; i < countof(reference_leaves); i++) {
        merkle_hash hash;
        leaf_hash((const uint8_t *) reference_leaves[i].bytes, reference_leaves[i].n, hash.b);
        grow(s, &hash);
    }
    for (size_t i = 0; i < countof(reference_paths); i++) {
        const struct reference_path *r = &reference_paths[i];
        merkle_hash path[MERKLE_HEIGHTS];
        size_t n = prove(s, r->index, r->size, path);
        for (size_t k = 0; k < 3 && r->path[k]; k++) {
            merkle_hash expected = of_hex(r->path[k]);
            assert_true(k < n);
            assert_same(&path[k], &expected);
        }
    }
    test_free(s);
}

/* RFC 6962 section 2.1, word for word. */
static merkle_hash defined_root(const merkle_hash *leaves, size_t n) {
    if (n == 1)
        return leaves[0];
    size_t k = 1;
    while (2 * k < n)
        k *= 2;
    merkle_hash left = defined_root(leaves, k), right = defined_root(leaves + k, n - k);
    return merkle_node(&left, &right);
}

static void test_every_proof_of_many_sizes(UNUSED void **state) {
    store *s = store_of(LEAVES_SOME);
    for (uint64_t size = 1; size <= LEAVES_SOME; size += size < 20 || size > 500 ? 1 : 29) {
        merkle_hash root = defined_root(s->kept[0], size), path[MERKLE_HEIGHTS];
        for (uint64_t index = 0; index < size; index += 1 + size / 40) {
            size_t n = prove(s, index, size, path);
            assert_true(merkle_verify(&s->kept[0][index], index, size, path, n, &root));
            assert_false(n && merkle_verify(&s->kept[0][index], index, size, path, n - 1, &root));
            assert_false(merkle_verify(&s->kept[0][index], index, size, path, n + 1, &root));
            assert_false(index + 1 < size && merkle_verify(&s->kept[0][index], index + 1, size, path, n, &root));
            assert_false(merkle_verify(&s->kept[0][index], size, size, path, n, &root));
        }
    }
    test_free(s);
}

/* Runs of three kept heights. */
static void test_proofs_beyond_65536(UNUSED void **state) {
    static const uint64_t indexes[] = { 0, 255, 256, 40000, 65535, 65536, 65799, 65999 };
    store *s = store_of(LEAVES_MAX);
    merkle_hash root = defined_root(s->kept[0], LEAVES_MAX), path[MERKLE_HEIGHTS];
    for (size_t i = 0; i < countof(indexes); i++) {
        size_t n = prove(s, indexes[i], LEAVES_MAX, path);
        assert_true(merkle_verify(&s->kept[0][indexes[i]], indexes[i], LEAVES_MAX, path, n, &root));
    }
    test_free(s);
}

static void test_a_bent_path_leads_elsewhere(UNUSED void **state) {
    store *s = store_of(LEAVES_SOME);
    merkle_hash root = defined_root(s->kept[0], 603), path[MERKLE_HEIGHTS];
    size_t n = prove(s, 300, 603, path);
    for (size_t i = 0; i < n; i++) {
        path[i].b[31] ^= 1;
        assert_false(merkle_verify(&s->kept[0][300], 300, 603, path, n, &root));
        path[i].b[31] ^= 1;
    }
    assert_true(merkle_verify(&s->kept[0][300], 300, 603, path, n, &root));
    test_free(s);
}

static void test_edge_is_stored_and_loaded(UNUSED void **state) {
    merkle_edge edge = { 0 }, again;
    merkle_hash hashes[MERKLE_HEIGHTS];
    store *s = store_of(LEAVES_SOME);
    for (size_t size = 0; size < LEAVES_SOME; size++) {
        size_t n = merkle_edge_hashes(&edge, hashes);
        assert_true(merkle_edge_load(&again, size, hashes, n));
        assert_false(merkle_edge_load(&again, size, hashes, n + 1));
        assert_true(merkle_edge_load(&again, size, hashes, n));
        merkle_hash root = merkle_root(&again), expected = merkle_root(&edge);
        assert_same(&root, &expected);
        merkle_append(&edge, &s->kept[0][size], NULL, NULL);
    }
    assert_false(merkle_edge_load(&again, UINT64_MAX, hashes, 64));
    test_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_roots),
        cmocka_unit_test(test_reference_paths),
        cmocka_unit_test(test_every_proof_of_many_sizes),
        cmocka_unit_test(test_proofs_beyond_65536),
        cmocka_unit_test(test_a_bent_path_leads_elsewhere),
        cmocka_unit_test(test_edge_is_stored_and_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
