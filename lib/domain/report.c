#include "domain/report.h"

/* The letters of report_moves.def. */
#define P(name) POST_BIT(name)
#define S(name) (1u << TASK_##name)
#define L(name) (1u << LEG_##name)
#define R(name) (1u << REPORT_##name)

/* A leg acts from its acknowledgement until it is done or released: who countersigned early still reports. */
enum { ACTING_LEGS = L(WORKING) | L(SUBMITTED) | L(COUNTERSIGNED) | L(DISSENT) | L(ABSENT) };

static const report_move_row moves[REPORT_MOVE_COUNT] = {
#define REPORT_MOVE(name, posts, task_states, leg_states, states, next, two_persons, zh, en) \
    [REPORT_MOVE_##name] = { #name, posts, task_states, leg_states, states, next, two_persons, zh, en },
#include "domain/report_moves.def"
#undef REPORT_MOVE
};

static const struct {
    const char *zh, *en;
} states[] = {
#define REPORT_STATE(name, number, zh, en) [number] = { zh, en },
#include "domain/report_states.def"
#undef REPORT_STATE
};

/* Who can remove an obstacle. */
typedef struct helper {
    const char *zh, *en;
} helper;

static const helper holders[TASK_TERMINATED + 1] = {
#define HOLDER(state, zh, en) [TASK_##state] = { zh, en },
#include "domain/report_holders.def"
#undef HOLDER
};

const report_move_row *report_move_of(report_move move) {
    return &moves[move];
}

bool leg_is_acting(leg_state state) {
    return ACTING_LEGS >> state & 1;
}

bool task_owes_reports(task_state state) {
    return moves[REPORT_MOVE_SUBMIT].task_states >> state & 1;
}

static bh_err *unblocked_by(bh_err *e, helper who) {
    e->unblock_zh = who.zh ? who.zh : "";
    e->unblock_en = who.en ? who.en : "";
    return e;
}

#define WHO(zh, en) \
    (helper) {      \
        zh, en      \
    }

static bh_err *refusal_by_post(bh_call *call, const report_move_row *row, post_kind post) {
    return row->posts >> post & 1 ? NULL : posts_refusal(call, row->posts);
}

/* Stranger, handler and head are told apart before anything of the report is said. */
static bh_err *refusal_by_unit(bh_call *call, const report_facts *facts) {
    if (!facts->is_own_unit)
        return unblocked_by(bh_fail(call, REPORT_OTHER_UNIT), WHO("填报单位", "the unit that reports"));
    if (!facts->task || !facts->leg || facts->leg == LEG_RELEASED)
        return unblocked_by(bh_fail(call, REPORT_NO_LEG), WHO("督查室", "supervision office"));
    return NULL;
}

static bh_err *refusal_by_task(bh_call *call, const report_move_row *row, const report_facts *facts) {
    if (!(row->task_states >> facts->task & 1)) {
        bh_err *e = bh_fail(call, REPORT_NOT_OWED, task_state_zh(facts->task), task_state_en(facts->task));
        return unblocked_by(e, holders[facts->task]);
    }
    if (!(row->leg_states >> facts->leg & 1))
        return unblocked_by(bh_fail(call, REPORT_LEG_PENDING),
                            WHO("本单位承办人（签收）", "handler of your unit (acknowledges)"));
    return NULL;
}

static bh_err *refusal_by_report(bh_call *call, const report_move_row *row, const report_facts *facts) {
    if (!(row->states >> facts->state & 1))
        return unblocked_by(bh_fail(call, REPORT_STATE, states[facts->state].zh, states[facts->state].en),
                            WHO("本单位承办人", "handler of the unit"));
    if (row->two_persons && facts->is_own_work)
        return unblocked_by(bh_fail(call, REPORT_OWN_WORK), WHO("本单位另一位负责人", "another head of the unit"));
    if (facts->evidence_missing && *facts->evidence_missing)
        return unblocked_by(bh_fail(call, EVIDENCE_MISSING, facts->evidence_missing), WHO("承办人", "handler"));
    if (facts->target_foreign && *facts->target_foreign)
        return unblocked_by(bh_fail(call, TARGET_FOREIGN, facts->target_foreign), WHO("承办人", "handler"));
    return NULL;
}

bh_err *report_refusal(bh_call *call, report_move move, post_kind post, const report_facts *facts) {
    const report_move_row *row = &moves[move];
    TRY(refusal_by_post(call, row, post));
    TRY(refusal_by_unit(call, facts));
    TRY(refusal_by_task(call, row, facts));
    return refusal_by_report(call, row, facts);
}
