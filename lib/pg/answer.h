/* What became of a statement, and the error that says so. */
#pragma once

#include "pg/result.h"

typedef enum answer_kind {
    ANSWER_ROWS,     /* done; result holds the rows */
    ANSWER_REFUSED,  /* the server undid everything; result holds its report */
    ANSWER_NOT_DONE, /* no connection: nothing was sent */
    ANSWER_UNKNOWN,  /* sent, and the answer is lost or in doubt */
    ANSWER_STOPPED,  /* nobody waited for it any more: the server stopped it and undid everything */
    ANSWER_AGAIN,    /* others kept changing the object while the command tried */
} answer_kind;

typedef struct pg_answer {
    answer_kind kind;
    pg_result *result; /* NULL unless ROWS or REFUSED */
} pg_answer;

typedef enum pg_verdict { RETRY, SPLIT, STOP, DROP } pg_verdict;

/* The verdict of sqlstate.def on a server's report. */
pg_verdict report_verdict(const PGresult *report);
/* The same for an answer; STOP when it holds no report. */
pg_verdict answer_verdict(pg_answer answer);
/* A unique constraint refused the statement. */
bool answer_is_duplicate(pg_answer answer);
/* The server stopped the statement because it was told to, by whomever, or because its time was up. */
bool answer_is_stopped(pg_answer answer);

/* NULL for ANSWER_ROWS, else the error for the caller. */
MUST bh_err *answer_error(bh_call *call, const pg_stmt *stmt, pg_answer answer);
