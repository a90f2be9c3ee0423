#include "findings.h"

#include "base/buf.h"
#include "domain/calendar.h"
#include "table.h"
#include "width.h"

void findings_summary(app *a, const import_document *document, FILE *out) {
    arena *mem = a->call->mem;
    size_t numbers = 0;
    for (size_t i = 0; i < document->tasks.n; i++)
        numbers += document->tasks.at[i].targets_n;
    fprintf(out, "%s  %s  %s\n", width_clean(mem, document->number ? document->number : "-"),
            width_clean(mem, document->title ? document->title : "-"), document->date ? document->date : "-");
    fprintf(out,
            SAY(a, "任务 %zu 项（数字 %zu 个），民生实事 %zu 项，指标表 %zu 行\n",
                "%zu tasks with %zu numbers, %zu livelihood items, %zu rows of the table\n"),
            document->tasks.n, numbers, document->livelihood.n, document->matrix.n);
}

static size_t print_warnings(app *a, const char *kind, const char *no, const import_warnings *warnings, FILE *out) {
    for (size_t i = 0; i < warnings->n; i++)
        fprintf(out, SAY(a, "  第 %d 行 %s %s [%s] %s\n", "  line %d: %s %s [%s] %s\n"), warnings->at[i].line, kind,
                no ? no : "", warnings->at[i].code,
                width_clean(a->call->mem, import_warning_text(a->call->mem, &warnings->at[i], a->is_english)));
    return warnings->n;
}

size_t findings_warnings(app *a, const import_document *document, FILE *out) {
    const struct {
        const char *kind;
        const import_list *list;
    } lists[] = { { SAY(a, "任务", "task"), &document->tasks },
                  { SAY(a, "民生实事", "livelihood item"), &document->livelihood } };
    size_t n = print_warnings(a, SAY(a, "全文", "document"), NULL, &document->warnings, out);
    for (size_t k = 0; k < countof(lists); k++)
        for (size_t i = 0; i < lists[k].list->n; i++) {
            const import_item *item = &lists[k].list->at[i];
            n += print_warnings(a, lists[k].kind, item->no, &item->warnings, out);
        }
    for (size_t i = 0; i < document->matrix.n; i++) {
        const import_row *row = &document->matrix.at[i];
        n += print_warnings(a, SAY(a, "指标表", "table row"), row->no, &row->warnings, out);
    }
    return n;
}

void findings_twins(app *a, const draft_set *set, FILE *out) {
    for (size_t i = 0; i < set->twins_n; i++) {
        const draft_twin *t = &set->twins[i];
        const char *outcome = t->is_joined
                                  ? SAY(a, "合并为一项", "one task")
                                  : SAY(a, "但一项至多两位领导，另立一项", "but at most two leaders sign: two tasks");
        fprintf(out,
                SAY(a, "  %s%s（第 %d–%d 行）与 %s%s（第 %d–%d 行）为同一工作，%s\n",
                    "  %s%s (lines %d-%d) and %s%s (lines %d-%d) are the same work: %s\n"),
                t->prefix, t->first->no, t->first->first_line, t->first->last_line, t->prefix, t->again->no,
                t->again->first_line, t->again->last_line, outcome);
    }
}

void findings_provisional(app *a, const draft_set *set, FILE *out) {
    size_t n = 0;
    for (size_t i = 0; i < set->tasks->n_drafts; i++) {
        int32_t day;
        n += day_parse(set->tasks->drafts[i]->deadline, &day) && !is_published(day);
    }
    if (n)
        fprintf(out,
                SAY(a, "  %zu 项的期限所在年份日历未公布，暂按周末计算\n",
                    "  %zu deadlines lie in years without a published calendar: only weekends count, for now\n"),
                n);
}

static const char *join(app *a, const import_names *names) {
    buf out;
    buf_init(&out, a->call->mem);
    for (size_t i = 0; i < names->n; i++)
        buf_addf(&out, "%s%s", i ? "、" : "", names->at[i]);
    return out.s;
}

enum { NO, LEADER, LEAD, CO, COUNTIES, DEADLINE, LINES, TEXT, COLUMNS };

static void add_item(app *a, table *t, size_t row, const char *prefix, const import_item *item) {
    const char *const cells[COLUMNS] = {
        [NO] = arena_printf(a->call->mem, "%s%s", prefix, item->no),
        [LEADER] = item->leader,
        [LEAD] = item->lead ? item->lead : "-",
        [CO] = join(a, &item->co),
        [COUNTIES] = join(a, &item->counties),
        [DEADLINE] = item->deadline ? item->deadline : "",
        [LINES] = arena_printf(a->call->mem, "%d-%d", item->first_line, item->last_line),
        [TEXT] = item->text,
    };
    for (size_t column = 0; column < COLUMNS; column++)
        table_add(a, t, row, column, cells[column]);
}

void findings_items(app *a, const import_document *document) {
    const char *const heads[COLUMNS] = {
        [NO] = SAY(a, "编号", "no."),
        [LEADER] = SAY(a, "领导", "leader"),
        [LEAD] = SAY(a, "牵头单位", "lead"),
        [CO] = SAY(a, "协办单位", "co-units"),
        [COUNTIES] = SAY(a, "县（市、区）", "counties"),
        [DEADLINE] = SAY(a, "期限", "deadline"),
        [LINES] = SAY(a, "行", "lines"),
        [TEXT] = SAY(a, "内容", "text"),
    };
    table t;
    table_init(a, &t, COLUMNS, document->tasks.n + document->livelihood.n);
    for (size_t column = 0; column < COLUMNS; column++)
        table_add(a, &t, 0, column, heads[column]);
    for (size_t i = 0; i < document->tasks.n; i++)
        add_item(a, &t, i + 1, "", &document->tasks.at[i]);
    for (size_t i = 0; i < document->livelihood.n; i++)
        add_item(a, &t, document->tasks.n + i + 1, "M", &document->livelihood.at[i]);
    table_show(a, &t);
}
