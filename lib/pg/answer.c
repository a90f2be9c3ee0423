#include "pg/answer.h"

#include <string.h>

#include "base/log.h"

typedef struct sqlstate_row {
    const char *prefix;
    bh_reason reason;
    pg_verdict verdict;
    int field;
} sqlstate_row;

static const sqlstate_row rows[] = {
#define SQLSTATE(prefix, reason, verdict, field) { prefix, BH_REASON_##reason, verdict, PG_DIAG_##field },
#include "pg/sqlstate.def"
#undef SQLSTATE
};

static const char *report_text(const PGresult *report, int field) {
    const char *text = PQresultErrorField(report, field);
    return text ? text : "";
}

static const sqlstate_row *row_of(const PGresult *report) {
    const char *sqlstate = report_text(report, PG_DIAG_SQLSTATE);
    const sqlstate_row *row = rows;
    while (strncmp(sqlstate, row->prefix, strlen(row->prefix)) != 0)
        row++; /* the last prefix is empty */
    return row;
}

pg_verdict report_verdict(const PGresult *report) {
    return row_of(report)->verdict;
}

pg_verdict answer_verdict(pg_answer answer) {
    return answer.kind == ANSWER_REFUSED ? report_verdict(answer.result->pq) : STOP;
}

static bool is_refused_with(pg_answer answer, const char *sqlstate) {
    return answer.kind == ANSWER_REFUSED && strcmp(report_text(answer.result->pq, PG_DIAG_SQLSTATE), sqlstate) == 0;
}

bool answer_is_duplicate(pg_answer answer) {
    return is_refused_with(answer, "23505");
}

bool answer_is_stopped(pg_answer answer) {
    return is_refused_with(answer, "57014");
}

/* A DATABASE_ERROR is a defect of ours or of the installation: its words are for the log, not for the user. */
static bh_err *refusal(bh_call *call, const pg_stmt *stmt, const PGresult *report) {
    const sqlstate_row *row = row_of(report);
    if (row->reason == BH_REASON_DATABASE_ERROR)
        log_event(LOG_ERROR, "pg.refused", "statement=%s sqlstate=%s message=%s", stmt->name,
                  report_text(report, PG_DIAG_SQLSTATE), report_text(report, PG_DIAG_MESSAGE_PRIMARY));
    const char *const args[4] = { report_text(report, row->field) };
    return bh_err_new(call, row->reason, __FILE__, __LINE__, args);
}

bh_err *answer_error(bh_call *call, const pg_stmt *stmt, pg_answer answer) {
    switch (answer.kind) {
    case ANSWER_ROWS:
        return NULL;
    case ANSWER_REFUSED:
        return refusal(call, stmt, answer.result->pq);
    case ANSWER_NOT_DONE:
        return bh_fail(call, DATABASE_UNAVAILABLE, "");
    case ANSWER_UNKNOWN:
        return bh_fail(call, OUTCOME_UNKNOWN, "");
    case ANSWER_STOPPED:
        return call_check(call);
    case ANSWER_AGAIN:
        return bh_fail(call, CONCURRENT_CHANGE, stmt->name);
    }
    return NULL;
}
