/* The verification of a log in memory: intact, and after everything that somebody with the database could do to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/leaf.h"
#include "domain/verify.h"

enum { ENTRIES = 1000, OBJECTS = 300, ROOM = ENTRIES + 1 };

typedef struct row {
    uint64_t index;
    int object;
    int version;
    uint8_t *bytes;
    size_t n;
    merkle_hash stored;
} row;

/* A log as a database holds it. */
typedef struct site {
    bh_call *call;
    row rows[ROOM];
    size_t n;
    log_head served;
    log_head kept;
} site;

/* Writes the bytes of a row; a note makes them differ. */
static void write_row(site *s, row *r, const uint8_t *previous, const char *note) {
    leaf entry = { .site_id = 1,
                   .object_type = "task",
                   .object_id = arena_printf(s->call->mem, "%d", r->object),
                   .version = r->version,
                   .action = "Move",
                   .note = note };
    size_t n;
    const uint8_t *body = leaf_body(s->call->mem, &entry, &n);
    r->bytes = arena_alloc(s->call->mem, n + SHA256_SIZE);
    r->n = n + SHA256_SIZE;
    memcpy(r->bytes, body, n);
    memcpy(r->bytes + n, previous, SHA256_SIZE);
    leaf_hash(r->bytes, r->n, r->stored.b);
}

typedef struct blocks {
    merkle_hash hash[ROOM / MERKLE_BLOCK + 1];
} blocks;

static void keep_block(void *data, int height, uint64_t place, const merkle_hash *hash) {
    if (height == MERKLE_STEP)
        ((blocks *) data)->hash[place] = *hash;
}

/* What whoever owns the database can do: a head that fits the rows as they are now. */
static log_head head_of_rows(site *s) {
    merkle_edge edge = { 0 };
    blocks *all = arena_alloc(s->call->mem, sizeof(*all));
    for (size_t i = 0; i < s->n; i++)
        merkle_append(&edge, &s->rows[i].stored, keep_block, all);
    return (log_head){ .origin = "test",
                       .size = s->n,
                       .root = merkle_root(&edge),
                       .blocks = all->hash,
                       .block_count = s->n / MERKLE_BLOCK };
}

/* Objects take turns: entry i is version 1 + i / OBJECTS of object i % OBJECTS. */
static int setup(void **state) {
    bh_call *c = call_new("test", 1000);
    site *s = arena_alloc(c->mem, sizeof(*s));
    static const uint8_t none[SHA256_SIZE];
    s->call = c;
    for (; s->n < ENTRIES; s->n++) {
        row *r = &s->rows[s->n];
        *r = (row){ .index = s->n, .object = (int) s->n % OBJECTS, .version = 1 + (int) s->n / OBJECTS };
        write_row(s, r, s->n < OBJECTS ? none : s->rows[s->n - OBJECTS].stored.b, "");
    }
    s->served = head_of_rows(s);
    s->kept = s->served;
    *state = s;
    return 0;
}

static int teardown(void **state) {
    call_free(((site *) *state)->call);
    return 0;
}

static bh_err *const *verify(site *s, const log_head *kept, size_t *ret_n) {
    verifier *v = verify_begin(s->call, &s->served, kept);
    for (size_t i = 0; i < s->n; i++)
        verify_entry(v, s->call->mem, s->rows[i].index, s->rows[i].bytes, s->rows[i].n, &s->rows[i].stored);
    return verify_finish(v, ret_n);
}

static void assert_intact(site *s, const log_head *kept) {
    size_t n;
    verify(s, kept, &n);
    assert_int_equal(n, 0);
}

/* The first thing that is said must be this. */
static void assert_broken(site *s, const log_head *kept, const char *reason, const char *place) {
    size_t n;
    bh_err *const *errors = verify(s, kept, &n);
    assert_in_range(n, 1, VERIFY_BREAKS_MAX);
    assert_string_equal(errors[0]->reason, reason);
    assert_int_equal(errors[0]->code, BH_DATA_LOSS);
    if (!strstr(errors[0]->en, place))
        fail_msg("%s does not name %s", errors[0]->en, place);
}

static void test_intact(void **state) {
    site *s = *state;
    assert_intact(s, NULL);
    assert_intact(s, &s->kept);
}

static void test_grown_log_is_intact(void **state) {
    site *s = *state;
    size_t all = s->n;
    static const size_t sizes[] = { 0, 1, 255, 256, 257, 512, 999 };
    for (size_t i = 0; i < countof(sizes); i++) {
        s->n = sizes[i];
        log_head kept = head_of_rows(s);
        s->n = all;
        assert_intact(s, &kept);
    }
}

static void test_edited_bytes(void **state) {
    site *s = *state;
    s->rows[417].bytes[40] ^= 1;
    assert_broken(s, NULL, "LOG_EDITED", "Entry 417 ");
    assert_broken(s, &s->kept, "LOG_EDITED", "Entry 417 ");
}

static void test_edited_hash(void **state) {
    site *s = *state;
    s->rows[417].stored.b[3] ^= 1;
    assert_broken(s, NULL, "LOG_EDITED", "Entry 417 ");
}

/* Edited with its hash: the object's next entry tells, and the kept head tells which of the two it was. */
static void test_edited_with_hash(void **state) {
    site *s = *state;
    write_row(s, &s->rows[417], s->rows[117].stored.b, "forged");
    s->served = head_of_rows(s);
    assert_broken(s, NULL, "LOG_CHAIN_HASH", "Entry 717 ");
    assert_broken(s, &s->kept, "LOG_CHAIN_EDITED", "Entry 417 ");
}

/* Edited and everything behind it rebuilt, chain and tree: only the kept head tells, by blocks of 256. */
static void test_rebuilt_consistently(void **state) {
    site *s = *state;
    write_row(s, &s->rows[417], s->rows[117].stored.b, "forged");
    write_row(s, &s->rows[717], s->rows[417].stored.b, "");
    s->served = head_of_rows(s);
    assert_intact(s, NULL); /* nobody can see it from inside */
    assert_broken(s, &s->kept, "LOG_BLOCK", "entries 256 to 767 ");
}

static void test_rebuilt_in_the_rest(void **state) {
    site *s = *state;
    write_row(s, &s->rows[990], s->rows[690].stored.b, "forged");
    s->served = head_of_rows(s);
    assert_intact(s, NULL);
    assert_broken(s, &s->kept, "LOG_BLOCK", "entries 768 to 999 ");
}

static void remove_row(site *s, size_t at) {
    memmove(&s->rows[at], &s->rows[at + 1], (s->n - at - 1) * sizeof(row));
    s->n--;
}

static void test_deleted(void **state) {
    site *s = *state;
    remove_row(s, 300);
    assert_broken(s, NULL, "LOG_MISSING", "entries 300 to 300 ");
    assert_broken(s, &s->kept, "LOG_MISSING", "entries 300 to 300 ");
}

static void renumber(site *s) {
    for (size_t i = 0; i < s->n; i++)
        s->rows[i].index = i;
    s->served = head_of_rows(s);
}

/* Deleted and the rest moved up: the object's chain has a gap. */
static void test_deleted_and_renumbered(void **state) {
    site *s = *state;
    remove_row(s, 300); /* version 2 of object 0 */
    renumber(s);
    assert_broken(s, NULL, "LOG_CHAIN_GAP", "Entry 599 of the log (task 0) does not follow entry 0 ");
    assert_broken(s, &s->kept, "LOG_CHAIN_GAP", "Entry 599 ");
}

static void test_first_deleted_and_renumbered(void **state) {
    site *s = *state;
    remove_row(s, 5);
    renumber(s);
    assert_broken(s, NULL, "LOG_CHAIN_START", "first of task 5,");
}

static void test_last_of_an_object_deleted_and_renumbered(void **state) {
    site *s = *state;
    remove_row(s, 800); /* the last of object 200 */
    renumber(s);
    assert_intact(s, NULL);
    assert_broken(s, &s->kept, "LOG_CUT", "before entry 999, the kept tree head covers 999 to 999");
}

static void test_swapped(void **state) {
    site *s = *state;
    row a = s->rows[600], b = s->rows[10];
    s->rows[600] = b;
    s->rows[10] = a;
    renumber(s);
    assert_broken(s, &s->kept, "LOG_CHAIN_GAP", "Entry 10 ");
}

/* Neighbours of different objects: nothing but the tree knows their order. */
static void test_swapped_neighbours(void **state) {
    site *s = *state;
    row a = s->rows[600];
    s->rows[600] = s->rows[601];
    s->rows[601] = a;
    renumber(s);
    assert_intact(s, NULL);
    assert_broken(s, &s->kept, "LOG_BLOCK", "entries 512 to 767 ");
}

static void test_inserted(void **state) {
    site *s = *state;
    static const uint8_t none[SHA256_SIZE];
    memmove(&s->rows[301], &s->rows[300], (s->n - 300) * sizeof(row));
    s->rows[300].object = OBJECTS + 1;
    s->rows[300].version = 1;
    write_row(s, &s->rows[300], none, "");
    s->n++;
    renumber(s);
    assert_intact(s, NULL);
    assert_broken(s, &s->kept, "LOG_BLOCK", "entries 256 to 767 ");
}

static void test_cut(void **state) {
    site *s = *state;
    s->n = 700;
    assert_broken(s, NULL, "LOG_MISSING", "entries 700 to 999 ");
    s->served = head_of_rows(s);
    assert_intact(s, NULL);
    assert_broken(s, &s->kept, "LOG_CUT", "covers 700 to 999");
}

static void test_emptied(void **state) {
    site *s = *state;
    s->n = 0;
    s->served = head_of_rows(s);
    assert_broken(s, &s->kept, "LOG_CUT", "covers 0 to 999");
}

static void test_tree_row_changed(void **state) {
    site *s = *state;
    s->served.root.b[0] ^= 1;
    assert_broken(s, &s->kept, "LOG_TREE", "");
}

static void test_other_log(void **state) {
    site *s = *state;
    s->served.origin = "another";
    assert_broken(s, &s->kept, "LOG_OTHER", "another");
}

static void test_unreadable(void **state) {
    site *s = *state;
    s->rows[5].n -= 1;
    leaf_hash(s->rows[5].bytes, s->rows[5].n, s->rows[5].stored.b);
    assert_broken(s, NULL, "LOG_UNREADABLE", "Entry 5 ");
}

/* A database that claims to hold 2^60 entries must not keep the verifier busy. */
static void test_absurd_size(void **state) {
    site *s = *state;
    s->served.size = UINT64_C(1) << 60;
    assert_broken(s, &s->kept, "LOG_MISSING", "entries 1000 to ");
}

/* More wrong than can be listed. */
static void test_everything_edited(void **state) {
    site *s = *state;
    size_t n;
    for (size_t i = 0; i < s->n; i++)
        s->rows[i].bytes[50] ^= 1;
    verify(s, &s->kept, &n);
    assert_int_equal(n, VERIFY_BREAKS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_intact),
        TEST(test_grown_log_is_intact),
        TEST(test_edited_bytes),
        TEST(test_edited_hash),
        TEST(test_edited_with_hash),
        TEST(test_rebuilt_consistently),
        TEST(test_rebuilt_in_the_rest),
        TEST(test_deleted),
        TEST(test_deleted_and_renumbered),
        TEST(test_first_deleted_and_renumbered),
        TEST(test_last_of_an_object_deleted_and_renumbered),
        TEST(test_swapped),
        TEST(test_swapped_neighbours),
        TEST(test_inserted),
        TEST(test_cut),
        TEST(test_emptied),
        TEST(test_tree_row_changed),
        TEST(test_other_log),
        TEST(test_unreadable),
        TEST(test_absurd_size),
        TEST(test_everything_edited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
