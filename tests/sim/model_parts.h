/* What the parts of the model share: the store itself, facts, effects. */
#pragma once

#include "base/call.h"
#include "sim/model.h"

struct model {
    arena *mem;
    arena *scratch; /* of questions that change nothing */
    sabotage wrong;
    model_task *tasks;
    record record; /* its tasks are filled in when it is asked for */
};

/* One order on its way through the model. */
typedef struct run {
    model *model;
    const order *order;
    bh_call call; /* for what lib/domain says; its arena is the model's */
    uuid key;     /* under which the answer is kept */
    const move_row *row;
    move_about about;
    int32_t today;
    model_task *task;
    task_facts facts;
} run;

/* Whether this order meets this mistake: one in four does. */
bool run_errs(const run *r, sabotage what);

task_facts model_facts(const run *r);
/* Whether a person in this unit and post may learn that the task exists. */
bool model_readable(const model_task *t, const cast_person *who);
/* The open application that the order names, or NULL. */
model_application *model_asked(const run *r);

bool uuid_same(uuid a, uuid b);
bool id_set_has(const id_set *set, int32_t id);
void id_set_add(id_set *set, int32_t id);
bool leg_stands(const model_leg *l); /* there, and not released */
bool task_is_settled(const model_task *child);

/* Roles of legs. */
enum { ROLE_LEAD = 1, ROLE_CO = 2 };

model_leg *model_add_leg(run *r, model_task *t, int32_t unit_id, int32_t role);
/* A unit to which a draft of the order gives two parts, 0 = none. */
int32_t model_doubled(const run *r);
/* Whether the move corrects a draft; and does it, false when the draft was like this before. */
bool model_corrects(task_move move);
bool model_correct(run *r);
/* Makes the move that nothing speaks against; creates the drafts of an order, whose parent may be NULL. */
void model_move(run *r);
void model_create(run *r, const draft *d, uuid id, uuid key, model_task *parent);
/* Writes what every effect leaves behind: history and audit entry of the task's new version. */
void model_write(run *r, model_task *t, uuid key, const char *action, int32_t about_unit);
