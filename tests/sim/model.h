/* Tasks in memory: executes orders by the tables of lib/domain, with the facts computed in plain C. It is a second
 * opinion on services/task: written from the rules, not from the SQL. */
#pragma once

#include "sim/order.h"
#include "sim/record.h"

enum { IDS_MAX = 8 };

/* A few persons or units. */
typedef struct id_set {
    int32_t ids[IDS_MAX];
    size_t n;
} id_set;

typedef struct model_leg {
    struct model_leg *next;
    int32_t unit_id, role;
    leg_state state;
    bool is_collective, is_waived, is_overruled;
    int32_t acknowledge_by; /* day */
    int32_t replaces;
    int64_t urged_ms;
    const char *opinion, *ruling;
    id_set named; /* members of the collective named for this task */
} model_leg;

typedef struct model_clause {
    bool is_covered, is_waived;
} model_clause;

/* 1 OPEN, 2 REPORTED, 3 APPROVED, 4 CONFIRMED, 5 WAIVED */
enum { MILESTONE_OPEN = 1, MILESTONE_REPORTED, MILESTONE_APPROVED, MILESTONE_CONFIRMED, MILESTONE_WAIVED };

typedef struct model_milestone {
    int32_t state, moved_by;
} model_milestone;

typedef struct model_application {
    struct model_application *next;
    uuid id;
    move_about kind;
    application_state state;
    int32_t unit_id, writer, day, other_unit;
    const char *result;
} model_application;

typedef struct model_closure {
    struct model_closure *next; /* the one before */
    int32_t no;
    closure_state state;
    int32_t writer;
    const char *result_class;
} model_closure;

typedef struct model_task {
    struct model_task *next;
    uuid id;
    int32_t version;
    task_state state;
    uint8_t leaf_hash[SHA256_SIZE];
    bool is_key, is_waived; /* is_waived: let go by the unit it was broken down from */
    int32_t office, lead, issuer;
    id_set leaders, signed_leaders, verifiers, closing_verifiers;
    int32_t deadline, answer_by, suspended_on, review_day; /* days, 0 = none */
    const char *result;
    struct model_task *parent;
    int32_t parent_unit;
    model_leg *legs;
    model_clause clauses[DRAFT_CLAUSES_MAX];
    int32_t clause_count;
    model_milestone milestones[MILESTONES_MAX];
    int32_t milestone_count;
    model_application *applications; /* newest first */
    model_closure *closures;         /* newest first */
} model_task;

/* What a model does wrong on purpose: each must be noticed by the properties. */
typedef enum sabotage {
    SABOTAGE_NONE,
#define SABOTAGE(name, what) SABOTAGE_##name,
#include "sim/sabotage.def"
#undef SABOTAGE
    SABOTAGE_COUNT
} sabotage;

typedef struct model model;

/* Everything in the arena. */
model *model_new(arena *mem, sabotage wrong);
answer model_execute(model *m, const order *o, int64_t now_ms);
/* Whether the order would be carried out if it came now; changes nothing. */
bool model_allows(model *m, const order *o, int64_t now_ms);
/* The newest first. */
model_task *model_tasks(const model *m);
model_task *model_task_of(const model *m, uuid id);
const record *model_record(model *m);
/* NULL when the unit never had a leg. */
model_leg *leg_of_unit(const model_task *t, int32_t unit_id);
