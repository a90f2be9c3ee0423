/* Reports on tasks (T7): states, moves, and the one function that says why a move may not be made. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/call.h"
#include "domain/task.h"

typedef enum report_state {
#define REPORT_STATE(name, number, zh, en) REPORT_##name = number,
#include "domain/report_states.def"
#undef REPORT_STATE
} report_state;

typedef enum report_move {
#define REPORT_MOVE(name, ...) REPORT_MOVE_##name,
#include "domain/report_moves.def"
#undef REPORT_MOVE
    REPORT_MOVE_COUNT
} report_move;

/* One row of report_moves.def; sets are bit sets by number. */
typedef struct report_move_row {
    const char *name;
    uint32_t posts;
    uint32_t task_states;
    uint32_t leg_states;
    uint32_t states;
    report_state next;
    bool two_persons;
    const char *zh, *en;
} report_move_row;

const report_move_row *report_move_of(report_move move);

/* True for legs whose unit owes reports while the task is active. */
bool leg_is_acting(leg_state state);
/* True while reports are owed on a task. */
bool task_owes_reports(task_state state);

/* What is known of the report when a move is asked for. */
typedef struct report_facts {
    task_state task; /* 0 = no such task or no leg */
    leg_state leg;   /* of the unit that reports; 0 = none */
    report_state state;
    bool is_own_unit;             /* the actor's unit reports */
    bool is_own_work;             /* the actor handed it in */
    const char *evidence_missing; /* first digest that is not stored, or "" */
    const char *target_foreign;   /* first target of the values that is not the task's, or "" */
} report_facts;

/* NULL when the holder of `post` may make the move now; else the first reason against it, in the arena. */
bh_err *report_refusal(bh_call *call, report_move move, post_kind post, const report_facts *facts);
