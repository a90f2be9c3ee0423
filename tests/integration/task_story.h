/* A task and what happens to it, command by command, each at its present version. */
#pragma once

#include "integration/task_kit.h"

typedef struct story {
    desk *d;
    const char *task;
    const char *version;
    const char *answer; /* the last one */
} story;

/* An issued task: 20 leads, 21 takes part. */
story begin(desk *d, const char *leaders, bool is_key);
/* A draft of these fields. */
story begin_draft(desk *d, const char *fields);
/* The answer to a command with this id. */
const char *give(const story *s, const char *who, const char *method, const char *id, const char *fields);
void refused(const story *s, const char *who, const char *method, const char *fields, const char *reason);
void done(story *s, const char *who, const char *method, const char *fields);
/* By 20 and 21. */
void acknowledge(story *s);
/* The whole task, as this person reads it. */
const char *get(const story *s, const char *who);
