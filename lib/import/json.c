#include "base/json_writer.h"
#include "import/import.h"

static void write_names(json_writer *w, const char *key, const import_names *names) {
    json_open_array(w, key);
    for (size_t i = 0; i < names->n; i++)
        json_string(w, NULL, names->at[i]);
    json_close_array(w);
}

static void write_warnings(json_writer *w, const import_warnings *warnings) {
    json_open_array(w, "warnings");
    for (size_t i = 0; i < warnings->n; i++) {
        json_open_object(w, NULL);
        json_int(w, "line", warnings->at[i].line);
        json_string(w, "code", warnings->at[i].code);
        json_string(w, "message", warnings->at[i].message);
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_lines(json_writer *w, int first, int last) {
    json_open_array(w, "lines");
    json_int(w, NULL, first);
    json_int(w, NULL, last);
    json_close_array(w);
}

static void write_target(json_writer *w, const import_target *target) {
    json_open_object(w, NULL);
    json_string(w, "metric", target->metric);
    json_string(w, "comparator", target->comparator);
    json_string(w, "number", target->number);
    json_string(w, "unit", target->unit);
    json_string(w, "phrase", target->phrase);
    json_close_object(w);
}

static void write_item(json_writer *w, const import_item *item) {
    static const char *const bases[] = { [IMPORT_EXPLICIT] = "explicit",
                                         [IMPORT_FIRST_LISTED] = "first_listed",
                                         [IMPORT_SECTION] = "section",
                                         [IMPORT_EQUAL] = "equal" };
    json_open_object(w, NULL);
    json_string(w, "no", item->no);
    json_string(w, "leader", item->leader);
    json_string(w, "leader_title", item->leader_title);
    json_string(w, "text", item->text);
    json_string(w, "lead", item->lead);
    json_string(w, "lead_basis", bases[item->basis]);
    write_names(w, "co", &item->co);
    write_names(w, "counties", &item->counties);
    json_string(w, "deadline", item->deadline);
    json_open_array(w, "targets");
    for (size_t i = 0; i < item->targets_n; i++)
        write_target(w, &item->targets[i]);
    json_close_array(w);
    write_lines(w, item->first_line, item->last_line);
    write_names(w, "same_as", &item->same_as);
    write_warnings(w, &item->warnings);
    json_close_object(w);
}

static void write_list(json_writer *w, const char *key, const import_list *list) {
    json_open_array(w, key);
    for (size_t i = 0; i < list->n; i++)
        write_item(w, &list->at[i]);
    json_close_array(w);
}

static void write_row(json_writer *w, const import_row *row) {
    json_open_object(w, NULL);
    json_string(w, "no", row->no);
    json_string(w, "category", row->category);
    json_string(w, "item", row->item);
    json_string(w, "sub_item", row->sub_item);
    json_string(w, "unit", row->unit);
    json_string(w, "total", row->total);
    json_open_object(w, "regions");
    for (size_t i = 0; i < row->heads.n; i++)
        json_string(w, row->heads.at[i], row->values[i]);
    json_close_object(w);
    write_lines(w, row->first_line, row->last_line);
    write_warnings(w, &row->warnings);
    json_close_object(w);
}

const char *import_write_json(arena *mem, const import_document *document) {
    json_writer w;
    json_init(&w, mem);
    json_open_object(&w, NULL);
    json_open_object(&w, "document");
    json_string(&w, "number", document->number);
    json_string(&w, "title", document->title);
    json_string(&w, "date", document->date);
    write_names(&w, "co_all", &document->co_all);
    json_close_object(&w);
    write_list(&w, "tasks", &document->tasks);
    write_list(&w, "livelihood", &document->livelihood);
    json_open_array(&w, "matrix");
    for (size_t i = 0; i < document->matrix.n; i++)
        write_row(&w, &document->matrix.at[i]);
    json_close_array(&w);
    write_warnings(&w, &document->warnings);
    json_close_object(&w);
    return w.out.s;
}
