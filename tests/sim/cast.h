/* The people and units of a small city, for the simulator and for the database it is compared with. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/task.h"

typedef struct cast_unit {
    int32_t unit_id;
    int32_t office; /* that watches its own tasks; 0 = the city's */
    bool is_collective;
    int32_t members[2]; /* 0 = nobody */
} cast_unit;

extern const cast_unit cast_units[];
extern const size_t cast_unit_count;
/* NULL when there is no such unit. */
const cast_unit *cast_unit_of(int32_t unit_id);

/* One post of one person; the same user_id may stand in several rows. */
typedef struct cast_person {
    const char *login;
    int32_t user_id, unit_id;
    post_kind post;
    int32_t leader_id;
    bool is_reserve; /* does nothing until the end, so that somebody is left who took no part */
} cast_person;

extern const cast_person cast[];
extern const size_t cast_count;
