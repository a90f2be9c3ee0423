#include "out.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_writer.h"
#include "cell.h"
#include "table.h"
#include "width.h"
#include "json/json.h"

enum { JSON_OPTIONS = JSON_PROTO_NAMES | JSON_DEFAULTS };

/* Cuts "no state text +task_id" into its paths; those with a plus are for CSV alone. */
static size_t split(app *a, const char *columns, const char **ret_paths) {
    size_t n = 0;
    for (const char *p = columns; *p; p += *p == ' ') {
        bool is_extra = *p == '+';
        size_t length = strcspn(p, " ");
        assert(n < TABLE_COLUMNS_MAX);
        if (!is_extra || a->out == OUT_CSV)
            ret_paths[n++] = arena_strndup(a->call->mem, p + is_extra, length - is_extra);
        p += length;
    }
    return n;
}

static void make_table(app *a, table *t, const ProtobufCMessageDescriptor *type, const char *columns,
                       ProtobufCMessage *const *rows, size_t n) {
    const char *paths[TABLE_COLUMNS_MAX];
    size_t width = split(a, columns, paths);
    table_init(a, t, width, n);
    for (size_t column = 0; column < width; column++)
        table_add(a, t, 0, column, cell_header(a, type, paths[column]));
    for (size_t row = 0; row < n; row++)
        for (size_t column = 0; column < width; column++)
            table_add(a, t, row + 1, column, cell_text(a, rows[row], paths[column]));
}

void out_json(app *a, const ProtobufCMessage *message) {
    buf json;
    buf_init(&json, a->call->mem);
    json_write(&json, message, JSON_OPTIONS);
    puts(json.s);
}

static void print_rows(app *a, const ProtobufCMessageDescriptor *type, const char *columns,
                       ProtobufCMessage *const *rows, size_t n) {
    table t;
    make_table(a, &t, type, columns, rows, n);
    table_show(a, &t);
}

void out_empty(const app *a, const char *key) {
    static const struct {
        const char *key, *zh, *en;
    } lists[] = {
#define LIST(key, zh, en) { #key, zh, en },
#include "lists.def"
#undef LIST
    };
    size_t i = 0;
    while (i < countof(lists) && strcmp(lists[i].key, key) != 0)
        i++;
    assert(i < countof(lists));
    out_note(SAY(a, "没有可列出的%s", "There are no %s to show."), SAY(a, lists[i].zh, lists[i].en));
}

static void print_list(app *a, const char *key, ProtobufCMessage *const *rows, size_t n) {
    buf json;
    buf_init(&json, a->call->mem);
    buf_addf(&json, "{\"%s\":", key);
    json_write_list(&json, rows, n, JSON_OPTIONS);
    buf_addc(&json, '}');
    puts(json.s);
}

void out_list(app *a, const char *key, const ProtobufCMessageDescriptor *type, const char *columns,
              ProtobufCMessage *const *rows, size_t n) {
    if (a->out == OUT_JSON)
        print_list(a, key, rows, n);
    else if (a->out == OUT_TABLE && !n)
        out_empty(a, key);
    else
        print_rows(a, type, columns, rows, n);
}

static void print_names_json(app *a, const char *key, const char *const *names, size_t n, const char *current) {
    json_writer w;
    jw_init(&w, a->call->mem);
    jw_open_object(&w, NULL);
    jw_open_array(&w, key);
    for (size_t i = 0; i < n; i++) {
        jw_open_object(&w, NULL);
        jw_string(&w, "name", names[i]);
        jw_bool(&w, "is_current", current && strcmp(current, names[i]) == 0);
        jw_close_object(&w);
    }
    jw_close_array(&w);
    jw_close_object(&w);
    puts(w.out.s);
}

void out_names(app *a, const char *key, const char *head, const char *const *names, size_t n, const char *current) {
    table t;
    if (a->out == OUT_JSON) {
        print_names_json(a, key, names, n, current);
        return;
    }
    if (a->out == OUT_TABLE && !n) {
        out_empty(a, key);
        return;
    }
    table_init(a, &t, 2, n);
    table_add(a, &t, 0, 0, head);
    table_add(a, &t, 0, 1, SAY(a, "当前", "current"));
    for (size_t i = 0; i < n; i++) {
        table_add(a, &t, i + 1, 0, names[i]);
        table_add(a, &t, i + 1, 1, current && strcmp(current, names[i]) == 0 ? "*" : "");
    }
    table_show(a, &t);
}

void out_row(app *a, const char *columns, const ProtobufCMessage *response) {
    ProtobufCMessage *row = (ProtobufCMessage *) (uintptr_t) response;
    if (a->out == OUT_JSON)
        out_json(a, response);
    else
        print_rows(a, response->descriptor, columns, &row, 1);
}

void out_section(app *a, const char *title, const char *columns, ProtobufCMessage *const *rows, size_t n) {
    table t;
    if (!n)
        return;
    printf("\n%s\n", title);
    make_table(a, &t, rows[0]->descriptor, columns, rows, n);
    table_drop_empty(&t);
    table_show(a, &t);
}

static void print_fields(app *a, const char *columns, const ProtobufCMessage *message) {
    const char *paths[TABLE_COLUMNS_MAX];
    size_t n = split(a, columns, paths), width = 0;
    for (size_t i = 0; i < n; i++) {
        size_t one = width_of(cell_header(a, message->descriptor, paths[i]));
        width = one > width ? one : width;
    }
    for (size_t i = 0; i < n; i++) {
        const char *text = width_clean(a->call->mem, cell_text(a, message, paths[i]));
        const char *header = cell_header(a, message->descriptor, paths[i]);
        if (*text)
            printf("%s%*s%s\n", header, (int) (width - width_of(header) + 2), "", text);
    }
}

static const char *all_columns(app *a, const ProtobufCMessage *message) {
    buf columns;
    buf_init(&columns, a->call->mem);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        buf_addf(&columns, "%s%s", i ? " " : "", message->descriptor->fields[i].name);
    return columns.s;
}

/* The message of a response that holds just one, else the response. */
static const ProtobufCMessage *inner(const ProtobufCMessage *response) {
    const ProtobufCMessageDescriptor *type = response->descriptor;
    bool is_wrapper = type->n_fields == 1 && type->fields[0].type == PROTOBUF_C_TYPE_MESSAGE &&
                      type->fields[0].label != PROTOBUF_C_LABEL_REPEATED;
    const ProtobufCMessage *message =
        is_wrapper ? *(ProtobufCMessage *const *) ((const char *) response + type->fields[0].offset) : response;
    return message ? message : response;
}

void out_fields(app *a, const char *columns, const ProtobufCMessage *response) {
    const ProtobufCMessage *message = inner(response);
    if (a->out == OUT_TABLE)
        print_fields(a, columns ? columns : all_columns(a, message), message);
    else
        out_row(a, all_columns(a, message), a->out == OUT_JSON ? response : message);
}

void out_record(app *a, const ProtobufCMessage *response) {
    out_fields(a, NULL, response);
}

void out_note(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
}

int out_error(const app *a, const bh_err *error) {
    arena *mem = a->call->mem;
    out_note("bihuan: %s [%s]", width_clean(mem, SAY(a, error->zh, error->en)), error->reason);
    const char *helper = SAY(a, error->unblock_zh, error->unblock_en);
    if (*helper)
        out_note(SAY(a, "        可由 %s 处理", "        can be solved by: %s"), width_clean(mem, helper));
    if (a->usage)
        out_note("%s", a->usage);
    return bh_code_exit(error->code);
}
