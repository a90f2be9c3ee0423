/* Lists of the contract read page by page. */
#pragma once

#include "remote.h"

enum { LIST_PAGE = 500, LIST_MAX = 10000 };

/* Rows of all pages, `limit` of them at most (in the arena), and whether there are more. Sets page_size and page_token
 * of the request. */
MUST bh_err *list_some(app *a, remote_method method, ProtobufCMessage *request, size_t limit,
                       ProtobufCMessage ***ret_rows, size_t *ret_n, bool *ret_has_more);
/* Tells that only the first n rows are shown. */
void list_note_more(const app *a, size_t n);
/* The same as list_some, and tells where there are more. */
MUST bh_err *list_all(app *a, remote_method method, ProtobufCMessage *request, size_t limit,
                      ProtobufCMessage ***ret_rows, size_t *ret_n);
/* The repeated message field of a list's response. */
const ProtobufCFieldDescriptor *list_rows(const ProtobufCMessageDescriptor *type);
/* The limit the caller asked for by --limit. Errors: OPTION_BAD. */
MUST bh_err *list_limit(app *a, size_t *ret_limit);
