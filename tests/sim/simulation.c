#include "sim/simulation.h"

#include <string.h>

#include "sim/properties.h"

enum { REPLAY_MEMORY_MAX = 256 << 20 };

const char *simulation_run(arena *mem, uint64_t seed, sabotage wrong, world_result *ret_result) {
    *ret_result = world_run(mem, seed, wrong);
    const record *r = model_record(ret_result->model);
    const char *broken = property_broken(mem, ret_result->journal, r);
    if (!broken)
        broken = property_stuck(mem, r);
    return broken ? broken : property_two_leads(mem, model_tasks(ret_result->model));
}

/* Executes the same orders on an empty store; the answers are new ones. */
static const char *replay(arena *mem, const journal *j, sabotage wrong) {
    arena *scratch = arena_new(REPLAY_MEMORY_MAX);
    journal *again = arena_memdup(scratch, j, sizeof(*j));
    model *m = model_new(scratch, wrong);
    for (size_t i = 0; i < again->n; i++)
        again->rows[i].answer = model_execute(m, again->rows[i].order, again->rows[i].now_ms);
    const char *broken = property_broken(scratch, again, model_record(m));
    broken = broken ? arena_strdup(mem, broken) : NULL;
    arena_free(scratch);
    return broken;
}

static void remove_row(journal *j, size_t row) {
    j->n--;
    memmove(&j->rows[row], &j->rows[row + 1], (j->n - row) * sizeof(j->rows[0]));
}

journal *simulation_cut(arena *mem, const journal *whole, sabotage wrong, const char **ret_broken) {
    journal *part = arena_memdup(mem, whole, sizeof(*whole));
    *ret_broken = NULL;
    for (part->n = 1; part->n < whole->n && !*ret_broken; part->n++)
        *ret_broken = replay(mem, part, wrong);
    for (size_t row = part->n; row-- > 0;) {
        journal *less = arena_memdup(mem, part, sizeof(*part));
        remove_row(less, row);
        const char *broken = replay(mem, less, wrong);
        if (broken) {
            *ret_broken = broken;
            part = less;
        }
    }
    return part;
}
