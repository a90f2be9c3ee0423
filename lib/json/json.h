/* The proto3 JSON mapping over protobuf-c descriptors: messages to JSON text and back. */
#pragma once

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "base/buf.h"
#include "base/call.h"

/* Limits on JSON text: what a tree built from it can cost follows from them. */
enum { JSON_SIZE_MAX = 4 << 20, JSON_DEPTH_MAX = 32, JSON_VALUES_MAX = 100000, JSON_MEMORY_MAX = 16 << 20 };

/* JSON_SQL is what statements read with jsonb_to_recordset: column names, every column, enums as integers. */
typedef enum json_option {
    JSON_PROTO_NAMES = 1,  /* task_id, not taskId */
    JSON_DEFAULTS = 2,     /* also fields that hold their default; never absent messages and oneof members */
    JSON_ENUM_NUMBERS = 4, /* 3, not "TASK_STATE_ACTIVE" */
    JSON_SQL = JSON_PROTO_NAMES | JSON_DEFAULTS | JSON_ENUM_NUMBERS,
} json_option;

/* Appends one message; `options` is a set of json_option. Malformed UTF-8 becomes U+FFFD, so the text is always JSON.
 * Maps, recursive types and floating point do not occur in the contract and are a programmer's error. */
void json_write(buf *out, const ProtobufCMessage *message, unsigned options);
/* Appends an array of n messages, given the field of a repeated message: json_write_list(&b, req->legs, req->n_legs, 0)
 */
void json_write_list(buf *out, const void *messages, size_t n, unsigned options);
/* Appends a quoted JSON string. */
void json_quote(buf *out, const char *text);

/* Reads one JSON object as a message of this type into the call's arena. Both name forms, integers as numbers or
 * strings, enums by name or number. Errors: BAD_MESSAGE, BAD_FIELD with the path, MESSAGE_TOO_LARGE,
 * MESSAGE_TOO_COMPLEX. */
MUST bh_err *json_parse(bh_call *call, const char *text, size_t n, const ProtobufCMessageDescriptor *type,
                        ProtobufCMessage **ret_message);
/* Reads a JSON array into a repeated field of a message that has none yet; "" is an empty one. Errors as above. */
MUST bh_err *json_parse_list(bh_call *call, const char *text, const char *field, ProtobufCMessage *message);
