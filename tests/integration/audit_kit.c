#include "integration/audit_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit_sql.h"
#include "base/buf.h"

pg_pool *pool;
bh_call *auditor;

int kit_open(UNUSED void **state) {
    pool = direct_open("audit", audit_sql, AUDIT_SQL_COUNT);
    return 0;
}

int kit_close(UNUSED void **state) {
    pg_pool_close(pool);
    return 0;
}

int kit_setup(UNUSED void **state) {
    auditor = direct_caller(pool, 1, 0, BH__POST__POST_AUDITOR);
    direct_sql(auditor, "truncate audit.pending, audit.entry, audit.subtree; "
                        "update audit.tree set size = 0, root = sha256(''), edge = ''");
    return 0;
}

int kit_teardown(UNUSED void **state) {
    call_free(auditor);
    return 0;
}

static leaf entry_of(int object, int version) {
    return (leaf){
        .site_id = 1,
        .object_type = "task",
        .object_id = arena_printf(auditor->mem, "%d", object),
        .version = version,
        .action = "Move",
        .user_id = 7,
        .time_ms = auditor->now_ms,
        .note = "",
    };
}

/* One statement for all: the arrays of the door as text. */
void append(int objects, int n) {
    uint8_t(*previous)[SHA256_SIZE] = arena_array(auditor->mem, (size_t) objects, SHA256_SIZE);
    buf sql;
    buf_init(&sql, auditor->mem);
    buf_addf(&sql, "select audit.append(array_fill(1, array[%d]), array[", n);
    for (int i = 0; i < n; i++) {
        leaf entry = entry_of(i % objects, 1 + i / objects);
        buf bytes;
        buf_init(&bytes, auditor->mem);
        size_t size;
        const uint8_t *body = leaf_body(auditor->mem, &entry, &size);
        buf_add(&bytes, body, size);
        buf_add(&bytes, previous[i % objects], SHA256_SIZE);
        leaf_hash((const uint8_t *) bytes.s, bytes.n, previous[i % objects]);
        buf_addf(&sql, "%s'\\x%s'::bytea", i ? "," : "", hex(auditor->mem, bytes.s, bytes.n));
    }
    buf_adds(&sql, "])");
    direct_sql(auditor, "%s", sql.s);
}

void integrate(void) {
    enum { ROUNDS_MAX = 100 };
    bool again = true;
    for (int i = 0; i < ROUNDS_MAX && again; i++) {
        again = false;
        assert_null(sequencer_run(auditor, &again));
    }
    assert_false(again);
}

Bh__TreeHead *tree_head(void) {
    Bh__GetTreeHeadRequest req = BH__GET_TREE_HEAD_REQUEST__INIT;
    Bh__GetTreeHeadResponse *resp;
    assert_null(CALL(auditor, "GetTreeHead", req, &resp));
    return resp->head;
}
