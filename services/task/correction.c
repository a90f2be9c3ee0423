#include "correction.h"

#include <string.h>

#include "base/buf.h"
#include "service/field.h"
#include "json/field.h"
#include "json/json.h"

static void copy_field(const ProtobufCFieldDescriptor *field, const Bh__Draft *from, Bh__Draft *to) {
    bool is_list = field->label == PROTOBUF_C_LABEL_REPEATED;
    size_t size = is_list ? sizeof(void *) : field_kind_of(field)->size;
    memcpy((char *) to + field->offset, (const char *) from + field->offset, size);
    if (is_list)
        *field_count(field, &to->base) = *field_count(field, &from->base);
}

bh_err *correction_named(bh_call *c, const Bh__Draft *draft, char *const *fields, size_t n, Bh__Draft **ret_named) {
    Bh__Draft *named = arena_alloc(c->mem, sizeof(*named));
    bh__draft__init(named);
    TRY(field_limit(c, "fields", n, LIST_MAX));
    if (!draft || !n)
        return bh_fail_why(c, BAD_FIELD, draft ? "fields" : "draft", MISSING);
    for (size_t i = 0; i < n; i++) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(&bh__draft__descriptor, fields[i]);
        if (!field)
            return bh_fail_why(c, BAD_FIELD, "fields", UNKNOWN_FIELD);
        copy_field(field, draft, named);
    }
    *ret_named = named;
    return NULL;
}

bool correction_names(char *const *fields, size_t n, const char *field) {
    size_t i = 0;
    while (i < n && strcmp(fields[i], field) != 0)
        i++;
    return i < n;
}

const char *correction_words(bh_call *c, char *const *fields, size_t n) {
    buf out;
    buf_init(&out, c->mem);
    for (size_t i = 0; i < n; i++)
        buf_addf(&out, "%s%s", i ? " " : "", fields[i]);
    return out.s;
}

const char *correction_json(bh_call *c, char *const *fields, size_t n, const Bh__Draft *draft, const Bh__Draft *gaps) {
    buf out;
    buf_init(&out, c->mem);
    buf_adds(&out, "{\"fields\":[");
    for (size_t i = 0; i < n; i++) {
        buf_adds(&out, i ? "," : "");
        json_quote(&out, fields[i]);
    }
    buf_adds(&out, "],\"draft\":");
    json_write(&out, &draft->base, JSON_SQL);
    buf_adds(&out, ",\"gaps\":");
    json_write(&out, &gaps->base, JSON_SQL);
    buf_addc(&out, '}');
    return out.s;
}
