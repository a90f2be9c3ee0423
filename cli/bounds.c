#include "bounds.h"

#include "out.h"
#include "service/field.h"
#include "width.h"

/* 1 when there is an error, which is told with the line it is about. */
static size_t tell(app *a, int line, const char *no, const bh_err *error) {
    if (error)
        out_note(SAY(a, "  第 %d 行 %s %s", "  line %d: %s %s"), line, width_clean(a->call->mem, no),
                 SAY(a, error->zh, error->en));
    return error != NULL;
}

static size_t check_draft(app *a, const Bh__Draft *d) {
    bh_call *c = a->call;
    return tell(a, d->first_line, d->no, field_name(c, SAY(a, "编号", "number"), d->no, WORD_MAX)) +
           tell(a, d->first_line, d->no, field_name(c, SAY(a, "内容", "text"), d->text, TEXT_MAX)) +
           tell(a, d->first_line, d->no, field_text(c, SAY(a, "成果", "result"), d->result, TEXT_MAX)) +
           tell(a, d->first_line, d->no, field_limit(c, SAY(a, "出处", "places"), d->n_also_at, LIST_MAX));
}

static size_t check_number(app *a, const Bh__Target *t, const char *number) {
    return *number ? tell(a, t->first_line, t->metric, field_decimal(a->call, SAY(a, "数字", "number"), number)) : 0;
}

static size_t check_shares(app *a, const Bh__Target *t) {
    size_t n =
        tell(a, t->first_line, t->metric, field_limit(a->call, SAY(a, "表格列数", "columns"), t->n_shares, SHARES_MAX));
    for (size_t i = 0; i < t->n_shares; i++) {
        const Bh__Share *share = t->shares[i];
        n += check_number(a, t, share->number);
        n += tell(a, t->first_line, t->metric, field_name(a->call, SAY(a, "地区", "region"), share->region, WORD_MAX));
    }
    return n;
}

static size_t check_target(app *a, const Bh__Target *t) {
    const struct {
        const char *name, *value;
        size_t max;
    } rows[] = {
        { SAY(a, "单位", "unit"), t->unit, WORD_MAX },         { SAY(a, "原文", "phrase"), t->phrase, TEXT_MAX },
        { SAY(a, "序号", "row"), t->row_no, WORD_MAX },        { SAY(a, "类别", "category"), t->category, WORD_MAX },
        { SAY(a, "分项", "sub-item"), t->sub_item, TEXT_MAX },
    };
    size_t n = check_number(a, t, t->number) + check_shares(a, t);
    n += tell(a, t->first_line, t->phrase, field_name(a->call, SAY(a, "指标", "metric"), t->metric, TEXT_MAX));
    for (size_t i = 0; i < countof(rows); i++)
        n += tell(a, t->first_line, t->metric, field_line(a->call, rows[i].name, rows[i].value, rows[i].max));
    return n;
}

static size_t check_whole(app *a, const draft_set *set) {
    const Bh__ImportTasksRequest *tasks = set->tasks;
    bh_call *c = a->call;
    return tell(a, 1, "", field_line(c, SAY(a, "文号", "document number"), tasks->document_number, WORD_MAX)) +
           tell(a, 1, "", field_line(c, SAY(a, "标题", "title"), tasks->document_title, TEXT_MAX)) +
           tell(a, 1, "", field_limit(c, SAY(a, "任务数", "tasks"), tasks->n_drafts, DRAFTS_MAX)) +
           tell(a, 1, "", field_limit(c, SAY(a, "目标数", "targets"), set->targets->n_targets, TARGETS_MAX));
}

bh_err *bounds_check(app *a, const draft_set *set) {
    if (!set->tasks->n_drafts && !set->targets->n_targets)
        return bh_fail(a->call, IMPORT_EMPTY);
    size_t n = check_whole(a, set);
    for (size_t i = 0; i < set->tasks->n_drafts; i++)
        n += check_draft(a, set->tasks->drafts[i]);
    for (size_t i = 0; i < set->targets->n_targets; i++)
        n += check_target(a, set->targets->targets[i]);
    return n ? bh_fail(a->call, IMPORT_BEYOND, arena_printf(a->call->mem, "%zu", n)) : NULL;
}
