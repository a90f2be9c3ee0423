/* What the tests of the log share: its desk, an auditor, entries of made-up objects. */
#pragma once

#include "bihuan/v1/audit_service.pb-c.h"
#include "bihuan/v1/directory.pb-c.h"
#include "domain/leaf.h"
#include "domain/merkle.h"
#include "handlers.h"
#include "integration/desk.h"
#include "sequencer.h"

extern desk *audit;
extern const principal auditor;

/* For cmocka: the group's desk, and what empties log and queue before each test. */
int audit_open(void **state);
int audit_setup(void **state);
#define TEST(name) cmocka_unit_test_setup(name, audit_setup)

/* Appends `n` entries, through the door and in its order: the versions of `objects` tasks in turn. */
void append(int objects, int n);
/* Runs the sequencer until the queue is empty. */
void integrate(void);
/* The tree head as the service gives it. */
Bh__TreeHead *tree_head(void);
