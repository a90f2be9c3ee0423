/* Words for enum values, out and in. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "app.h"

/* What people call the value; its short name (ACTIVE) where labels.def has no row; "" for 0. */
const char *label_of(const ProtobufCEnumDescriptor *type, int32_t value, bool is_english);
/* The same for a word of the contract that is no enum: a move (ISSUE), who holds the clock; the word itself where
 * labels.def has no row. */
const char *label_of_word(const char *word, bool is_english);
/* What people call an action of the audit log on a type of objects: a move or a command. */
const char *label_of_action(const app *a, const char *object_type, const char *action);
/* TASK_STATE_ACTIVE, ACTIVE, active and 承办中 are the same value; false for anything else. */
bool label_parse(const ProtobufCEnumDescriptor *type, const char *text, int32_t *ret_value);
/* What label_parse takes, in the reader's language: "draft|pending-approval|...", "草拟(draft)|...". */
const char *label_choices(const app *a, const ProtobufCEnumDescriptor *type);
