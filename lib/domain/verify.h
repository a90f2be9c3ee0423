/* Verification of the log: everything is recomputed from the entries' bytes, in order, and compared with itself and
 * with a tree head kept outside. Pure: the caller reads the pages. */
#pragma once

#include "base/call.h"
#include "domain/head.h"

typedef struct verifier verifier;

/* `served` is the head the database claims, `kept` the one kept outside or NULL. Both must outlive the verifier, which
 * lives in the call's arena. */
verifier *verify_begin(bh_call *call, const log_head *served, const log_head *kept);
/* The index of the entry to be given next, or behind the last one of the served head. */
uint64_t verify_next(const verifier *v);
/* An entry as it is stored; `page` is memory for its reading. Entries must come in order of their index. */
void verify_entry(verifier *v, arena *page, uint64_t index, const uint8_t *bytes, size_t n, const merkle_hash *stored);
/* What is wrong, the most precise place first: errors with code DATA_LOSS in the call's arena; *ret_n = 0 when the log
 * is intact. At most VERIFY_BREAKS_MAX. */
enum { VERIFY_BREAKS_MAX = 64 };
bh_err *const *verify_finish(verifier *v, size_t *ret_n);
