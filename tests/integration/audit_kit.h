/* What the tests of the log share: a pool with its rights, an auditor, entries of made-up objects. */
#pragma once

#include "bihuan/v1/audit_service.pb-c.h"
#include "bihuan/v1/directory.pb-c.h"
#include "domain/leaf.h"
#include "domain/merkle.h"
#include "handlers.h"
#include "integration/direct.h"
#include "sequencer.h"

extern pg_pool *pool;
extern bh_call *auditor; /* new for each test */

#define CALL(c, method, req, ret) direct_call((c), &audit_rpc, (method), &(req).base, (ProtobufCMessage **) (ret))

/* For cmocka: the group's, and each test's, which empties log and queue first. */
int kit_open(void **state);
int kit_close(void **state);
int kit_setup(void **state);
int kit_teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

/* Appends `n` entries, through the door and in its order: the versions of `objects` tasks in turn. */
void append(int objects, int n);
/* Runs the sequencer until the queue is empty. */
void integrate(void);
/* The tree head as the service gives it. */
Bh__TreeHead *tree_head(void);
