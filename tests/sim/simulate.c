/* simulate SEED [COUNT]: runs seeds and prints what came of each; on a violation the shortest part found that shows it.
 * Exit 1 when a property was broken. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/simulation.h"

enum { MEMORY_MAX = 1 << 30 };

static void print_part(arena *mem, const journal *part) {
    for (size_t i = 0; i < part->n; i++) {
        const execution *x = &part->rows[i];
        printf("  %s %s -> %s version %d state %d%s\n", uuid_text(mem, x->order->key), order_text(mem, x->order),
               x->answer.reason, (int) x->answer.version, (int) x->answer.state, x->was_told ? "" : " (never heard)");
    }
}

static bool simulate(uint64_t seed) {
    arena *mem = arena_new(MEMORY_MAX);
    world_result result;
    const char *broken = simulation_run(mem, seed, SABOTAGE_NONE, &result);
    printf("seed %" PRIu64 ": %u steps, %zu commands, %zu tasks, trace %s\n", seed, (unsigned) result.steps,
           result.journal->n, model_record(result.model)->task_count, hex(mem, result.trace, sizeof(result.trace)));
    if (broken) {
        const char *still;
        printf("seed %" PRIu64 ": %s\n", seed, broken);
        print_part(mem, simulation_cut(mem, result.journal, SABOTAGE_NONE, &still));
    }
    arena_free(mem);
    return !broken;
}

int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    bool is_good = true;
    for (uint64_t i = 0; i < count; i++)
        is_good &= simulate(seed + i);
    return is_good ? 0 : 1;
}
