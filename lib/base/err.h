/* Errors: made and returned in one statement, passed on by TRY, printed once at the edge. */
#pragma once

#include "base/macros.h"

struct bh_call;

typedef enum bh_code {
#define CODE(name, number, connect, http, exit) BH_##name = number,
#include "base/codes.def"
#undef CODE
} bh_code;

typedef enum bh_reason {
#define REASON(name, code, zh, en) BH_REASON_##name,
#include "base/reasons.def"
#undef REASON
} bh_reason;

/* 0 is no detail. */
typedef enum bh_detail {
    BH_DETAIL_NONE,
#define DETAIL(name, zh, en) BH_DETAIL_##name,
#include "base/details.def"
#undef DETAIL
} bh_detail;

/* One error; it lives in the arena of its call. `reason` is stable and upper-case. */
typedef struct bh_err {
    bh_code code;
    const char *reason;
    const char *zh;
    const char *en;
    const char *unblock_zh; /* who can remove the obstacle, or "" */
    const char *unblock_en;
    const char *file;
    int line;
} bh_err;

/* An error that was made is there. Analysers follow a pointer and a branch, no attribute of another file's function. */
static inline bh_err *bh_err_made(bh_err *err) {
    if (!err)
        __builtin_unreachable();
    return err;
}

/* return bh_fail(c, STALE_VERSION, id, "7"); the arguments (at most 3 strings) fill %1..%3 of reasons.def. */
#define bh_fail(call, name, ...) \
    bh_err_made(bh_err_new((call), BH_REASON_##name, __FILE__, __LINE__, (const char *const[4]){ __VA_ARGS__ }))

/* return bh_fail_why(c, BAD_FIELD, "title", TOO_LONG, "300"); %1 of the sentence is the field, %2 a row of details.def,
 * filled with the arguments that follow. */
#define bh_fail_why(call, name, place, detail, ...)                                                 \
    bh_err_made(bh_err_why((call), BH_REASON_##name, place, BH_DETAIL_##detail, __FILE__, __LINE__, \
                           (const char *const[4]){ __VA_ARGS__ }))

bh_err *bh_err_why(struct bh_call *call, bh_reason reason, const char *place, bh_detail detail, const char *file,
                   int line, const char *const args[4]);
bh_err *bh_err_new(struct bh_call *call, bh_reason reason, const char *file, int line, const char *const args[4]);
/* The sentence with %1..%3 filled; an argument that was not given stays empty. */
const char *bh_sentence(struct bh_call *call, const char *sentence, const char *const args[4]);
/* An error whose sentences come from elsewhere (a refused move, a remote service). */
bh_err *bh_err_raw(struct bh_call *call, bh_err error);

/* The row of codes.def; unknown numbers give the row of UNKNOWN. */
const char *bh_code_name(bh_code code);
const char *bh_code_connect(bh_code code);
int bh_code_http(bh_code code);
int bh_code_exit(bh_code code);
/* The number of a Connect name, or BH_UNKNOWN. */
bh_code bh_code_of_connect(const char *name);
