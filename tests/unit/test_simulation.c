/* A thousand small cities under virtual time: the properties hold in each, the same seed tells the same story, and a
 * store that makes a mistake is found out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/simulation.h"

enum { SEEDS = 1000, SEEDS_TWICE = 20, SEEDS_WRONG = 200, CUT_MAX = 60, MEMORY_MAX = 1 << 30 };

static void test_seeds(void **state) {
    (void) state;
    size_t steps = 0, commands = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        arena *mem = arena_new(MEMORY_MAX);
        world_result r;
        const char *broken = simulation_run(mem, seed, SABOTAGE_NONE, &r);
        if (broken)
            fail_msg("seed %d: %s", (int) seed, broken);
        steps += r.steps;
        commands += r.journal->n;
        arena_free(mem);
    }
    print_message("%d seeds, %zu steps, %zu commands, 0 violations\n", SEEDS, steps, commands);
}

static void test_same_seed_same_trace(void **state) {
    (void) state;
    for (uint64_t seed = 1; seed <= SEEDS_TWICE; seed++) {
        arena *mem = arena_new(MEMORY_MAX);
        world_result first = world_run(mem, seed, SABOTAGE_NONE), second = world_run(mem, seed, SABOTAGE_NONE);
        assert_memory_equal(first.trace, second.trace, sizeof(first.trace));
        assert_memory_not_equal(first.trace, world_run(mem, seed + 1, SABOTAGE_NONE).trace, sizeof(first.trace));
        arena_free(mem);
    }
}

static const char *const mistakes[] = {
#define SABOTAGE(name, what) [SABOTAGE_##name] = what,
#include "sim/sabotage.def"
#undef SABOTAGE
};

/* The seed that found it; 0 = none did. */
static uint64_t find_out(sabotage wrong) {
    for (uint64_t seed = 1; seed <= SEEDS_WRONG; seed++) {
        arena *mem = arena_new(MEMORY_MAX);
        world_result r;
        const char *broken = simulation_run(mem, seed, wrong, &r);
        if (broken)
            print_message("%s: seed %d, %s\n", mistakes[wrong], (int) seed, broken);
        arena_free(mem);
        if (broken)
            return seed;
    }
    return 0;
}

static void test_mistakes_are_found_out(void **state) {
    (void) state;
    int missed = 0;
    for (int wrong = 1; wrong < SABOTAGE_COUNT; wrong++)
        if (!find_out((sabotage) wrong)) {
            print_error("nobody noticed: %s\n", mistakes[wrong]);
            missed++;
        }
    assert_int_equal(missed, 0);
}

static void test_cut_is_short(void **state) {
    (void) state;
    arena *mem = arena_new(MEMORY_MAX);
    world_result r;
    const char *broken;
    assert_non_null(simulation_run(mem, find_out(SABOTAGE_AUDIT_SKIPPED), SABOTAGE_AUDIT_SKIPPED, &r));
    const journal *part = simulation_cut(mem, r.journal, SABOTAGE_AUDIT_SKIPPED, &broken);
    assert_non_null(broken);
    assert_in_range(part->n, 1, CUT_MAX);
    arena_free(mem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_same_seed_same_trace),
        cmocka_unit_test(test_mistakes_are_found_out),
        cmocka_unit_test(test_cut_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
