#include <string.h>

#include "base/hash.h"
#include "domain/calendar.h"
#include "service/page.h"
#include "store.h"
#include "task_sql.h"

/* The digest of what a document is recognised by: its number, else its title, else its bytes. */
static pg_value document_key(bh_call *c, const char *number, const char *title, const char *digest) {
    const char *name = *number ? number : *title ? title : digest;
    uint8_t *key = arena_alloc(c->mem, SHA256_SIZE);
    sha256(name, strlen(name), key);
    return pg_bytes(key, SHA256_SIZE);
}

enum { INCOMPLETE = 6, DIFFERS, KNOWN, STILL_OPEN, NOT_NEXT };

static const char *number_text(bh_call *c, int64_t number) {
    return arena_printf(c->mem, "%d", (int) number);
}

static bh_err *refusal(bh_call *c, const Bh__ImportTasksRequest *req, const pg_rows *rows) {
    int64_t last_round = pg_get_int(rows, 0, "_last_round");
    switch (pg_get_int(rows, 0, "outcome")) {
    case INCOMPLETE:
        return bh_fail(c, IMPORT_INCOMPLETE, req->import_id);
    case DIFFERS:
        return bh_fail(c, IMPORT_DIFFERS, req->import_id);
    case KNOWN:
        return bh_fail(c, IMPORT_KNOWN, *req->document_number ? req->document_number : req->document_title);
    case STILL_OPEN:
        return bh_fail(c, IMPORT_OPEN, number_text(c, pg_get_int(rows, 0, "_open_count")),
                       pg_get_text(rows, 0, "_open_import"));
    case NOT_NEXT:
        return bh_fail(c, IMPORT_ROUND, number_text(c, last_round), number_text(c, last_round + 1));
    default:
        return task_store_misnamed(c, rows);
    }
}

/* Whether it was only to be validated is no part of what an import holds. */
static pg_value content_of(bh_call *c, const Bh__ImportTasksRequest *req) {
    Bh__ImportTasksRequest content = *req;
    content.validate_only = false;
    return command_content(c, &content.base);
}

bh_err *task_store_import(bh_call *c, uuid import, const Bh__ImportTasksRequest *req, Bh__ImportTasksResponse *resp) {
    command cmd;
    TRY(command_begin(c, req->request_id, &cmd));
    pg_rows rows;
    TRY(pg_call(c, &task_sql[TASK_SQL_IMPORT], &rows, pg_int(c->site_id), pg_uuid(&cmd.key), pg_uuid(&import),
                pg_bytes(cmd.fingerprint, SHA256_SIZE),
                command_leaf(c, &cmd, "import", uuid_text(c->mem, import), 1, "IMPORT", req->document_digest),
                pg_text(task_draft_list(c, &cmd, import, req->drafts, req->n_drafts)), pg_text(req->document_number),
                pg_text(req->document_title), pg_text(req->document_digest), pg_int((int64_t) req->n_drafts),
                pg_int(req->target_count), pg_int(c->who.user_id), pg_text(c->who.login), pg_int(c->who.unit_id),
                pg_int(c->who.post), pg_int(c->now_ms), pg_date(day_at(c->now_ms)), content_of(c, req),
                document_key(c, req->document_number, req->document_title, req->document_digest), pg_int(req->round),
                pg_bool(req->validate_only)));
    TRY(refusal(c, req, &rows));
    TRY(command_outcome(c, &cmd, &rows, req->import_id));
    pg_fill(c, &rows, 0, &resp->base);
    return NULL;
}

bh_err *task_store_list_imports(bh_call *c, const Bh__ListImportsRequest *req, Bh__ListImportsResponse *resp) {
    int32_t size, after;
    TRY(page_after(c, req->page_size, req->page_token, &size, &after));
    pg_rows rows;
    TRY(pg_call(c, &task_sql[TASK_SQL_LIST_IMPORTS], &rows, pg_int(c->site_id), pg_int(c->who.unit_id),
                document_key(c, req->document_number, req->document_title, req->document_digest), pg_int(after),
                pg_int(size)));
    resp->imports = pg_fill_all(c, &rows, &bh__import__descriptor, &resp->n_imports);
    bool has_more = page_cut(resp->imports, &resp->n_imports, size);
    size_t n = resp->n_imports;
    resp->next_page_token = page_token(c, has_more, n ? resp->imports[n - 1]->round : 0);
    return NULL;
}
