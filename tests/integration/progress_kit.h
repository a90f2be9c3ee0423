/* What the tests of the progress service share: one active task, written past the task service. */
#pragma once

#include "domain/task.h"
#include "handlers.h"
#include "integration/desk.h"

/* Office 90, led by unit 10; leader 50 signs. */
#define TASK "01890000-0000-7000-8000-000000000001"
#define TASK_ROW                                                                                               \
    "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, " \
    "office_unit, lead_unit, leader_ids, issuer, created_ms, position) values (1, '" TASK "', 1, "             \
    "sha256(''), 4, '1.1', 'a road', '6 km', '2025-12-31', false, 90, 10, '{50}', 9, 0, 1)"
