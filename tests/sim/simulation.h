/* One seed from beginning to end: the world runs, the properties are checked, and what broke one is cut short. */
#pragma once

#include "sim/world.h"

/* Runs a seed; answers NULL or what does not hold. */
const char *simulation_run(arena *mem, uint64_t seed, sabotage wrong, world_result *ret_result);
/* The shortest part of a journal found that still breaks a property; *ret_broken is which, NULL when none does. */
journal *simulation_cut(arena *mem, const journal *whole, sabotage wrong, const char **ret_broken);
