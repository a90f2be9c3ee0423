/* What a store has kept, in the same form whether it is the model or PostgreSQL: what the properties are checked on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"
#include "base/uuid.h"

enum { RECORD_MAX = 1024 };

typedef struct task_row {
    uuid id;
    int32_t version, state;
    size_t leader_count;
    bool is_key;
    uint8_t leaf_hash[SHA256_SIZE];
} task_row;

/* One version of a task in its history. */
typedef struct event_row {
    uuid task;
    int32_t version;
    int64_t time_ms;
    const char *move;
    int32_t user_id, unit_id, post, leader_id, about_unit, state;
} event_row;

/* The answer kept under a request id. */
typedef struct key_row {
    uuid key, task;
    int32_t version, state;
    uint8_t fingerprint[SHA256_SIZE];
} key_row;

/* An event to be delivered: this task changed by this command. */
typedef struct change_row {
    uuid task, key;
} change_row;

typedef struct leaf_row {
    const uint8_t *bytes;
    size_t size;
} leaf_row;

typedef struct record {
    task_row tasks[RECORD_MAX];
    event_row events[RECORD_MAX];
    key_row keys[RECORD_MAX];
    change_row changes[RECORD_MAX];
    leaf_row leaves[RECORD_MAX];
    size_t task_count, event_count, key_count, change_count, leaf_count;
} record;
