#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

enum { SIZE_MAX_OF_ALL = 100000 };

static bool is_zero(const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i])
            return false;
    return true;
}

static void memory_is_zeroed_and_aligned(UNUSED void **state) {
    arena *mem = arena_new(SIZE_MAX_OF_ALL);
    for (size_t n = 1; n < 300; n++) {
        unsigned char *bytes = arena_alloc(mem, n);
        assert_int_equal((uintptr_t) bytes % 16, 0);
        assert_true(is_zero(bytes, n));
        memset(bytes, 0xff, n);
    }
    arena_free(mem);
}

static void hostile_sizes_get_nothing(UNUSED void **state) {
    arena *mem = arena_new(1000);
    assert_null(arena_try_alloc(mem, 1001));
    assert_null(arena_try_alloc(mem, SIZE_MAX));
    assert_non_null(arena_try_alloc(mem, 992));
    assert_null(arena_try_alloc(mem, 9));
    assert_non_null(arena_try_alloc(mem, 8));
    arena_free(mem);
}

typedef struct trail {
    char text[8];
} trail;

static trail left;

static void note(void *object) {
    size_t n = strlen(left.text);
    left.text[n] = *(const char *) object;
}

static void deferred_calls_run_last_first(UNUSED void **state) {
    arena *mem = arena_new(SIZE_MAX_OF_ALL);
    left = (trail){ 0 };
    arena_defer(mem, note, (void *) "a");
    arena_defer(mem, note, (void *) "b");
    arena_reset(mem);
    assert_string_equal(left.text, "ba");
    arena_defer(mem, note, (void *) "c");
    arena_free(mem);
    assert_string_equal(left.text, "bac");
}

/* What the next call gets after a reset holds nothing of the one before, whatever it took. */
static void reset_forgets_everything(UNUSED void **state) {
    static const size_t sizes[] = { 1, 100, 8192, 8193, 50000 };
    arena *mem = arena_new(SIZE_MAX_OF_ALL);
    arena_reset(mem);
    for (size_t round = 0; round < 20; round++) {
        for (size_t i = 0; i <= round % countof(sizes); i++) {
            unsigned char *bytes = arena_alloc(mem, sizes[i]);
            assert_true(is_zero(bytes, sizes[i]));
            memset(bytes, 0xff, sizes[i]);
        }
        arena_reset(mem);
        assert_int_equal(arena_used(mem), 0);
    }
    arena_free(mem);
}

static void a_sentence_is_filled(UNUSED void **state) {
    static const char *const words[] = { "one", NULL, "" };
    arena *mem = arena_new(SIZE_MAX_OF_ALL);
    assert_string_equal(arena_fill(mem, "%1 and %1%2%3, %4 %0 100%", words, countof(words)), "one and one,  %0 100%");
    assert_string_equal(arena_fill(mem, "%1", NULL, 0), "");
    assert_string_equal(arena_fill(mem, "", words, countof(words)), "");
    arena_free(mem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),  cmocka_unit_test(hostile_sizes_get_nothing),
        cmocka_unit_test(deferred_calls_run_last_first), cmocka_unit_test(reset_forgets_everything),
        cmocka_unit_test(a_sentence_is_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
