#include "integration/audit_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

desk *audit;
const principal auditor = { .user_id = 1, .post = BH__POST__POST_AUDITOR };

int audit_open(void **state) {
    *state = audit = desk_open(&audit_service);
    return 0;
}

int audit_setup(UNUSED void **state) {
    desk_sql(audit, "truncate audit.pending, audit.entry, audit.subtree; "
                    "update audit.tree set size = 0, root = sha256(''), edge = ''");
    return 0;
}

static leaf entry_of(int object, int version) {
    return (leaf){
        .site_id = 1,
        .object_type = "task",
        .object_id = desk_text(audit, "%08d-0000-7000-8000-000000000000", object),
        .version = version,
        .action = "Move",
        .user_id = 7,
        .time_ms = desk_now(audit),
        .note = "",
    };
}

/* One statement for all: the arrays of the door as text. */
void append(int objects, int n) {
    uint8_t(*previous)[SHA256_SIZE] = arena_array(desk_mem(audit), (size_t) objects, SHA256_SIZE);
    buf sql;
    buf_init(&sql, desk_mem(audit));
    buf_addf(&sql, "select audit.append(array_fill(1, array[%d]), array[", n);
    for (int i = 0; i < n; i++) {
        leaf entry = entry_of(i % objects, 1 + i / objects);
        buf bytes;
        buf_init(&bytes, desk_mem(audit));
        size_t size;
        const uint8_t *body = leaf_body(desk_mem(audit), &entry, &size);
        buf_add(&bytes, body, size);
        buf_add(&bytes, previous[i % objects], SHA256_SIZE);
        leaf_hash((const uint8_t *) bytes.s, bytes.n, previous[i % objects]);
        buf_addf(&sql, "%s'\\x%s'::bytea", i ? "," : "", hex(desk_mem(audit), bytes.s, bytes.n));
    }
    buf_adds(&sql, "])");
    desk_sql(audit, "%s", sql.s);
}

void integrate(void) {
    enum { ROUNDS_MAX = 100 };
    int rounds = 0;
    while (desk_run(audit, "sequencer", &(service_runtime){ .server = NULL }))
        assert_true(++rounds < ROUNDS_MAX);
}

Bh__TreeHead *tree_head(void) {
    Bh__GetTreeHeadRequest req = BH__GET_TREE_HEAD_REQUEST__INIT;
    Bh__GetTreeHeadResponse *resp;
    assert_null(ASK(audit, "GetTreeHead", &auditor, req, &resp));
    return resp->head;
}
