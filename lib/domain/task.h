/* The life of a task: states, moves, guards, and the one function that says whether a move may be made and why not. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/call.h"
#include "base/err.h"
#include "base/uuid.h"

typedef enum post_kind {
#define POST(name, number, zh, en) POST_##name = number,
#include "domain/posts.def"
#undef POST
} post_kind;

/* A set of posts: POST_BIT(HEAD) | POST_BIT(HANDLER). */
#define POST_BIT(name) (1u << POST_##name)
/* Who works with tasks; operators see no business. */
enum {
    POSTS_AT_WORK = POST_BIT(HANDLER) | POST_BIT(HEAD) | POST_BIT(DRAFTER) | POST_BIT(VERIFIER) |
                    POST_BIT(OFFICE_HEAD) | POST_BIT(LEADER) | POST_BIT(AUDITOR)
};

typedef enum task_state {
#define TASK_STATE(name, number, zh, en, holder) TASK_##name = number,
#include "domain/task_states.def"
#undef TASK_STATE
} task_state;

typedef enum leg_state {
#define LEG_STATE(name, number, zh, en) LEG_##name = number,
#include "domain/leg_states.def"
#undef LEG_STATE
} leg_state;

typedef enum task_fact {
#define FACT(bit, name) FACT_##name = bit,
#include "domain/facts.def"
#undef FACT
} task_fact;

typedef enum task_guard {
#define GUARD(reason, ...) GUARD_##reason,
#include "domain/guards.def"
#undef GUARD
    GUARD_COUNT
} task_guard;

typedef enum task_move {
    MOVE_NONE,
#define MOVE(name, ...) MOVE_##name,
#include "domain/moves.def"
#undef MOVE
    MOVE_COUNT
} task_move;

/* The leg a move is about. */
typedef enum leg_of { LEG_OF_NONE, LEG_OF_OWN, LEG_OF_OTHER } leg_of;

/* What a move does to the legs beside the one it is about; numbers are known to sql/move.sql. */
typedef enum legs_effect {
    LEGS_KEEP,
    LEGS_EXPAND,    /* collectives become their members of the day, every leg PENDING with its limit */
    LEGS_TAKE_OVER, /* the leg this one replaces is RELEASED */
    LEGS_ADD,       /* a PENDING leg for the new unit; one that waited to take over itself is RELEASED */
    LEGS_VOID,      /* countersignatures and dissents fall back to SUBMITTED */
    LEGS_OVERRULE,  /* the dissent no longer stands in the way */
    LEGS_RETURN,    /* as VOID; the lead's and the named legs are WORKING again, if they were acknowledged */
    LEGS_DONE,      /* every leg that is not released is DONE; one never acknowledged is RELEASED */
    LEGS_RELEASE,   /* every leg is RELEASED */
} legs_effect;

/* State of a closing text; numbers are stored. */
typedef enum closure_state {
    CLOSURE_KEEP,
    CLOSURE_WRITTEN,
    CLOSURE_SIGNED,
    CLOSURE_RETURNED,
    CLOSURE_WITHDRAWN,
    CLOSURE_VERIFIED,
    CLOSURE_CLOSED,
} closure_state;

/* State of an application; numbers are stored and equal bihuan.v1.ApplicationState. */
typedef enum application_state {
    APPLICATION_KEEP,
    APPLICATION_OPEN,
    APPLICATION_GRANTED,
    APPLICATION_REFUSED,
    APPLICATION_WITHDRAWN,
} application_state;

/* What a move is about beside a leg: an application of this kind (numbers equal bihuan.v1.ApplicationKind) or an item
 * in the state the move expects. Numbers are known to the SQL function task.facts. */
typedef enum move_about {
    ABOUT_NOTHING,
    ABOUT_RETURN,
    ABOUT_EXTENSION,
    ABOUT_SUSPENSION,
    ABOUT_ADJUSTMENT,
    ABOUT_TERMINATION,
    ABOUT_APPLICATION, /* of any kind */
    ABOUT_CLAUSE,
    ABOUT_COLLECTIVE,
    ABOUT_CHILD,
    ABOUT_MILESTONE_LEFT, /* in any state but confirmed or waived */
    ABOUT_MILESTONE_OPEN, /* from here on: ABOUT_MILESTONE_LEFT + the stored state */
    ABOUT_MILESTONE_REPORTED,
    ABOUT_MILESTONE_APPROVED,
} move_about;

/* One row of moves.def. Sets are bit sets by number. */
typedef struct move_row {
    const char *name;
    const char *rule;
    uint32_t posts;
    uint32_t states;
    leg_of leg;
    uint32_t leg_states;
    uint64_t guards;
    task_state next;  /* 0 = the state stays */
    uint64_t next_if; /* facts that must hold for the state to change */
    leg_state leg_next;
    legs_effect legs;
    closure_state closure;
    application_state application;
    move_about about;
    bool text_needed;
    const char *zh;
    const char *en;
} move_row;

/* MOVE_NONE: the line with which every history begins, "CREATE". */
const move_row *move_of(task_move move);
/* NULL when nothing in a history has this name. */
const move_row *move_named(const char *name);
/* Facts that must, and that must not hold. */
uint64_t move_needs(task_move move);
uint64_t move_forbids(task_move move);

/* What is known of the task when a move is asked for. */
typedef struct task_facts {
    task_state state;
    leg_state own_leg;   /* 0 = none */
    leg_state other_leg; /* of the unit named; 0 = none */
    bool names_other;    /* a unit is named */
    const char *others;  /* units that may be named, where that was looked up */
    const char *day;     /* of an extension, asked for or granted, and the deadline it would replace; for the words */
    const char *deadline;
    uint64_t facts; /* bit set of task_fact */
} task_facts;

/* NULL when the holder of `post` may make the move now; else the first reason against it, in the arena. Where it is
 * something that is missing, the sentence tells all that is. */
bh_err *move_refusal(bh_call *call, task_move move, post_kind post, const task_facts *facts);
/* The reasons of all that is missing for the move, in the order of its guards; at most GUARD_COUNT. */
size_t move_missing(task_move move, uint64_t facts, const char **ret_reasons);
/* The refusal by post alone: what can be said before anything is read. */
bh_err *move_refusal_by_post(bh_call *call, task_move move, post_kind post);

/* The id of a unit's first, second, ... import (`round`) of the document of this digest (hex). */
uuid import_id(int32_t unit_id, const char *document_digest, int32_t round);
/* The id of one of the drafts that an import or a breakdown creates; positions count from 0. */
uuid draft_id(uuid parent, size_t position);

const char *task_state_name(task_state state);
const char *task_state_zh(task_state state);
const char *task_state_en(task_state state);
/* POST_REFUSED: it takes one of these posts. */
bh_err *posts_refusal(bh_call *call, uint32_t set);
const char *post_zh(post_kind post);
const char *post_en(post_kind post);
