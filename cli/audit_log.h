/* The log as the server gives it: heads, blocks, entries. */
#pragma once

#include "app.h"
#include "bihuan/v1/audit_service.pb-c.h"
#include "domain/head.h"

/* The newest head without blocks, as the database claims it. */
MUST bh_err *audit_log_head(app *a, log_head *ret_head);
/* Adds the hashes of all complete blocks, checked against the root. Errors: LOG_TREE when they do not fit. */
MUST bh_err *audit_log_blocks(app *a, log_head *head);
/* Checked proof of an entry in the newest tree. Errors: LOG_TREE when it leads elsewhere. */
MUST bh_err *audit_log_prove(app *a, int64_t index, Bh__GetInclusionProofResponse **ret_proof);
/* True when the bytes are one hash; copied. */
bool audit_log_hash(const ProtobufCBinaryData *bytes, merkle_hash *ret_hash);

/* READ_REFUSED unless the caller may read every entry: what is kept back would look like tampering. */
MUST bh_err *audit_log_check_reader(app *a);
/* Called for each entry in order; `page` is memory that ends with the page. */
typedef void audit_log_visit(void *data, arena *page, const Bh__Entry *entry);
/* Reads the entries from `first` to before `end`, page by page. */
MUST bh_err *audit_log_read(app *a, uint64_t first, uint64_t end, audit_log_visit *visit, void *data);
