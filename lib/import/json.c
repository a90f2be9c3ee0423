#include "base/json_writer.h"
#include "import/import.h"

static void write_first_names(json_writer *w, const char *key, const import_names *names, size_t most) {
    jw_open_array(w, key);
    for (size_t i = 0; i < names->n && i < most; i++)
        jw_string(w, NULL, names->at[i]);
    jw_close_array(w);
}

static void write_names(json_writer *w, const char *key, const import_names *names) {
    write_first_names(w, key, names, names->n);
}

static void write_warnings(json_writer *w, const import_warnings *warnings) {
    enum { SENTENCE_MAX = 8 * IMPORT_TEXT_MAX }; /* each of its words is a part of the text */
    arena *sentences = arena_new(SENTENCE_MAX);
    jw_open_array(w, "warnings");
    for (size_t i = 0; i < warnings->n; i++) {
        jw_open_object(w, NULL);
        jw_int(w, "line", warnings->at[i].line);
        jw_string(w, "code", warnings->at[i].code);
        jw_string(w, "message", import_warning_text(sentences, &warnings->at[i], false));
        jw_close_object(w);
        arena_reset(sentences);
    }
    jw_close_array(w);
    arena_free(sentences);
}

static void write_lines(json_writer *w, int first, int last) {
    jw_open_array(w, "lines");
    jw_int(w, NULL, first);
    jw_int(w, NULL, last);
    jw_close_array(w);
}

static void write_target(json_writer *w, const import_target *target) {
    jw_open_object(w, NULL);
    jw_string(w, "metric", target->metric);
    jw_string(w, "comparator", target->comparator);
    jw_string(w, "number", target->number);
    jw_string(w, "unit", target->unit);
    jw_string(w, "phrase", target->phrase);
    jw_close_object(w);
}

static void write_item(json_writer *w, const import_item *item) {
    static const char *const bases[] = { [IMPORT_EXPLICIT] = "explicit",
                                         [IMPORT_FIRST_LISTED] = "first_listed",
                                         [IMPORT_SECTION] = "section",
                                         [IMPORT_EQUAL] = "equal" };
    jw_open_object(w, NULL);
    jw_string(w, "no", item->no);
    jw_string(w, "leader", item->leader);
    jw_string(w, "leader_title", item->leader_title);
    jw_string(w, "text", item->text);
    jw_string(w, "lead", item->lead);
    jw_string(w, "lead_basis", bases[item->basis]);
    write_names(w, "co", &item->co);
    write_names(w, "counties", &item->counties);
    jw_string(w, "deadline", item->deadline);
    jw_open_array(w, "targets");
    for (size_t i = 0; i < item->targets_n; i++)
        write_target(w, &item->targets[i]);
    jw_close_array(w);
    write_lines(w, item->first_line, item->last_line);
    write_first_names(w, "same_as", &item->same_as, IMPORT_SAME_MAX);
    write_warnings(w, &item->warnings);
    jw_close_object(w);
}

static void write_list(json_writer *w, const char *key, const import_list *list) {
    jw_open_array(w, key);
    for (size_t i = 0; i < list->n; i++)
        write_item(w, &list->at[i]);
    jw_close_array(w);
}

static void write_row(json_writer *w, const import_row *row) {
    jw_open_object(w, NULL);
    jw_string(w, "no", row->no);
    jw_string(w, "category", row->category);
    jw_string(w, "item", row->item);
    jw_string(w, "sub_item", row->sub_item);
    jw_string(w, "unit", row->unit);
    jw_string(w, "total", row->total);
    jw_open_object(w, "regions");
    for (size_t i = 0; i < row->heads.n; i++)
        jw_string(w, row->heads.at[i], row->values[i]);
    jw_close_object(w);
    write_lines(w, row->first_line, row->last_line);
    write_warnings(w, &row->warnings);
    jw_close_object(w);
}

const char *import_write_json(const import_document *document) {
    json_writer w;
    jw_init(&w, document->mem);
    jw_open_object(&w, NULL);
    jw_open_object(&w, "document");
    jw_string(&w, "number", document->number);
    jw_string(&w, "title", document->title);
    jw_string(&w, "date", document->date);
    write_names(&w, "co_all", &document->co_all);
    jw_close_object(&w);
    write_list(&w, "tasks", &document->tasks);
    write_list(&w, "livelihood", &document->livelihood);
    jw_open_array(&w, "matrix");
    for (size_t i = 0; i < document->matrix.n; i++)
        write_row(&w, &document->matrix.at[i]);
    jw_close_array(&w);
    write_warnings(&w, &document->warnings);
    jw_close_object(&w);
    return w.out.s;
}
