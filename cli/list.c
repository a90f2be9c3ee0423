#include "list.h"

#include <assert.h>
#include <string.h>

#include "fill.h"
#include "out.h"
#include "json/field.h"

enum { LIMIT_DEFAULT = 1000 };

const ProtobufCFieldDescriptor *list_rows(const ProtobufCMessageDescriptor *type) {
    for (unsigned i = 0; i < type->n_fields; i++)
        if (type->fields[i].label == PROTOBUF_C_LABEL_REPEATED && type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            return &type->fields[i];
    assert(!"a list without rows");
    return NULL;
}

static void set_page(ProtobufCMessage *request, const char *token, size_t left) {
    const ProtobufCMessageDescriptor *type = request->descriptor;
    const ProtobufCFieldDescriptor *size = protobuf_c_message_descriptor_get_field_by_name(type, "page_size");
    const ProtobufCFieldDescriptor *from = protobuf_c_message_descriptor_get_field_by_name(type, "page_token");
    if (size)
        *(int32_t *) fill_slot(request, size) = (int32_t) (left < LIST_PAGE ? left : LIST_PAGE);
    if (from)
        *(const char **) fill_slot(request, from) = token;
}

static const char *next_token(ProtobufCMessage *response) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(response->descriptor, "next_page_token");
    return field ? *(const char **) fill_slot(response, field) : "";
}

static size_t take(ProtobufCMessage *response, ProtobufCMessage **rows, size_t room) {
    const ProtobufCFieldDescriptor *field = list_rows(response->descriptor);
    size_t n = *field_count(field, response) < room ? *field_count(field, response) : room;
    if (n)
        memcpy(rows, *(ProtobufCMessage ***) fill_slot(response, field), n * sizeof(*rows));
    return n;
}

bh_err *list_some(app *a, remote_method method, ProtobufCMessage *request, size_t limit, ProtobufCMessage ***ret_rows,
                  size_t *ret_n, bool *ret_has_more) {
    ProtobufCMessage **rows = arena_array(a->call->mem, limit, sizeof(*rows)), *response;
    const char *token = "";
    size_t n = 0;
    do {
        set_page(request, token, limit - n);
        TRY(remote_call(a, method, request, &response));
        n += take(response, rows + n, limit - n);
        token = next_token(response);
    } while (*token && n < limit);
    *ret_rows = rows;
    *ret_n = n;
    *ret_has_more = *token;
    return NULL;
}

void list_note_more(const app *a, size_t n) {
    out_note(SAY(a, "只列出前 %zu 行；用 --limit 可列出更多", "Only the first %zu rows; --limit shows more."), n);
}

bh_err *list_all(app *a, remote_method method, ProtobufCMessage *request, size_t limit, ProtobufCMessage ***ret_rows,
                 size_t *ret_n) {
    bool has_more;
    TRY(list_some(a, method, request, limit, ret_rows, ret_n, &has_more));
    if (has_more)
        list_note_more(a, *ret_n);
    return NULL;
}

bh_err *list_limit(app *a, size_t *ret_limit) {
    const char *text = args_get(&a->args, "limit");
    int32_t limit = LIMIT_DEFAULT;
    if (text)
        TRY(app_number(a, "limit", text, 1, LIST_MAX, &limit));
    *ret_limit = (size_t) limit;
    return NULL;
}
