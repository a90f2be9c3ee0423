/* Commands that benchmarks give, and how they are answered. */
#pragma once

#include "base/uuid.h"
#include "bench/load.h"

/* A new request id. */
void command_id(char ret_text[UUID_TEXT_SIZE]);
/* Packs SubmitReport: 120 characters and one value for this task, the month 2025-06, this version of its sheet. */
void command_report(const char *task_id, int version, load_request *ret_request);
/* Whether a command was answered with this version: all answer with id, version and state in the fields 1 to 3. */
bool command_made(int version, const uint8_t *bytes, size_t size);
