/* Answers on stdout, as a table, JSON or CSV: the same data in three shapes. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "app.h"

/* n rows of a type; `columns` are paths divided by spaces ("no state lead_unit_name +task_id"), with a plus for CSV
 * alone. JSON is the response of the contract with the rows of all pages: {"tasks": [...]} for the key "tasks". */
void out_list(app *a, const char *key, const ProtobufCMessageDescriptor *type, const char *columns,
              ProtobufCMessage *const *rows, size_t n);
/* Tells people that a list (lists.def) is empty. */
void out_empty(const app *a, const char *key);
/* A response: JSON as it is; for people its one message (or itself), a line per field that holds something; CSV has a
 * heading and a row. */
void out_record(app *a, const ProtobufCMessage *response);
/* The same, of which people see only these columns, in this order; NULL = all. */
void out_fields(app *a, const char *columns, const ProtobufCMessage *response);
/* A response as a table of one row with only these columns. */
void out_row(app *a, const char *columns, const ProtobufCMessage *response);
/* JSON of a message, proto names and defaults included. */
void out_json(app *a, const ProtobufCMessage *message);
/* Names that are stored here, one of them (or NULL) the current one; `head` stands above them, in JSON they are "name".
 */
void out_names(app *a, const char *key, const char *head, const char *const *names, size_t n, const char *current);
/* A heading and a table below it, for people only, without columns that hold nothing; nothing when n is 0. */
void out_section(app *a, const char *title, const char *columns, ProtobufCMessage *const *rows, size_t n);
/* A sentence on stderr: what was done, what to do next. Never data. */
PRINTF(1, 2) void out_note(const char *format, ...);
/* The error, who can help or the usage, on stderr; returns the exit status. */
int out_error(const app *a, const bh_err *error);
