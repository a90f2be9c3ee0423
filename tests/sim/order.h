/* A command as a client sends it, what it was answered, and the journal of both. */
#pragma once

#include "base/err.h"
#include "base/hash.h"
#include "base/uuid.h"
#include "sim/cast.h"

enum { UNITS_MAX = 2, DRAFT_CLAUSES_MAX = 2, CHILDREN_MAX = 2, MILESTONES_MAX = 2 };

/* Digests of a file that is stored and of one that is not. */
#define DIGEST_STORED "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define DIGEST_UNKNOWN "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* What a task begins with; 0 = none. */
typedef struct draft {
    int32_t lead, cos[UNITS_MAX], leaders[2];
    int32_t deadline; /* day */
    int32_t clause_count, milestone_count;
    bool is_key;
    const char *result;
} draft;

/* The parts of a draft that a correction may name. */
typedef enum draft_field {
    DRAFT_LEAD,
    DRAFT_COS,
    DRAFT_LEADERS,
    DRAFT_DEADLINE,
    DRAFT_CLAUSES,
    DRAFT_KEY,
    DRAFT_RESULT,
    DRAFT_MILESTONES,
    DRAFT_FIELDS
} draft_field;
#define DRAFT_BIT(name) (1u << DRAFT_##name)

typedef struct order {
    uuid key;
    task_move move; /* MOVE_NONE creates a task */
    const cast_person *who;
    uuid task;
    int32_t version;
    int32_t other_unit, new_unit;
    move_about about; /* REFUSE_APPLICATION: the kind */
    uuid item;
    bool has_item;
    int32_t number;
    int32_t units[UNITS_MAX];
    size_t unit_count;
    const char *digest; /* NULL = none */
    const char *note;
    const char *result;
    int32_t day;                /* 0 = none */
    int32_t plan_year;          /* SET */
    const char *default_result; /* SET; NULL = none */
    uint32_t fields;            /* REVISE: a set of draft_field */
    int32_t milestone_count;
    draft drafts[CHILDREN_MAX];
    size_t draft_count;
} order;

/* All that the client said, on one line; without the key, equal lines are equal commands. */
const char *order_text(arena *mem, const order *o);

typedef struct answer {
    const char *reason; /* "OK" or the reason of the refusal */
    const char *zh;     /* what the refusal says */
    int32_t version, state;
} answer;

bool answer_is_ok(const answer *a);

/* One execution of an order by the service. */
typedef struct execution {
    const order *order;
    int64_t now_ms;
    answer answer;
    bool was_told; /* the answer reached the client */
} execution;

enum { JOURNAL_MAX = 2048 };

typedef struct journal {
    size_t n;
    execution rows[JOURNAL_MAX];
} journal;
