/* What a person in front of the screen would send next: mostly what the rules allow, sometimes not. */
#pragma once

#include "sim/dice.h"
#include "sim/model.h"

/* An order for the tasks as they are at now_ms, with a fresh key. */
order choose_order(dice *d, model *m, int64_t now_ms);
/* The order of this move on this task by this person, with fields that fit the task as it is; it has no key yet. */
order fill_order(dice *d, const model_task *t, task_move move, const cast_person *who, int64_t now_ms);
