#include "change.h"

#include <stdio.h>

#include "cell.h"
#include "label.h"
#include "names.h"
#include "out.h"
#include "table.h"
#include "width.h"

enum { TITLE_COLUMNS = 40, ID_DIGITS = 8 };

enum { INDEX, TIME, ACTION, OBJECT, NO, TITLE, VERSION, USER, UNIT, USER_ID, UNIT_ID, COLUMNS };

static void print_row(app *a, const char *const cells[COLUMNS]) {
    table t;
    table_init(a, &t, COLUMNS, 0);
    for (size_t i = 0; i < COLUMNS; i++)
        table_add(a, &t, 0, i, cells[i]);
    table_print_csv(&t, stdout);
}

void change_print_head(app *a) {
    const char *const heads[COLUMNS] = {
        [INDEX] = SAY(a, "序号", "entry"),
        [TIME] = SAY(a, "时间", "time"),
        [ACTION] = SAY(a, "动作", "action"),
        [OBJECT] = SAY(a, "对象", "object"),
        [NO] = SAY(a, "编号", "no."),
        [TITLE] = SAY(a, "任务", "task"),
        [VERSION] = SAY(a, "版本", "version"),
        [USER] = SAY(a, "人员", "person"),
        [UNIT] = SAY(a, "单位", "unit"),
        [USER_ID] = SAY(a, "人员编号", "user id"),
        [UNIT_ID] = SAY(a, "单位编号", "unit id"),
    };
    if (a->out == OUT_CSV)
        print_row(a, heads);
}

static const char *number(app *a, int32_t id) {
    return id ? arena_printf(a->call->mem, "%d", (int) id) : "";
}

/* A task by what its reader calls it, and what finds it again: its number, or the beginning of its id. */
static const char *subject(app *a, const char *const cells[COLUMNS], const Bh__Task *task) {
    if (!task)
        return cells[OBJECT];
    return arena_printf(a->call->mem, SAY(a, "任务 %.*s %s", "task %.*s %s"), *task->no ? INT16_MAX : ID_DIGITS,
                        *task->no ? task->no : task->task_id, width_cut(a->call->mem, task->text, TITLE_COLUMNS));
}

/* A line for a person; what is not known leaves no hole. */
static void print_line(app *a, const char *const cells[COLUMNS], const Bh__Task *task) {
    const char *const parts[] = {
        arena_printf(a->call->mem, SAY(a, "序号 %s", "entry %s"), cells[INDEX]),
        cells[TIME],
        subject(a, cells, task),
        arena_printf(a->call->mem, SAY(a, "第 %s 版", "version %s"), cells[VERSION]),
        cells[ACTION],
        cells[USER],
        cells[UNIT],
    };
    for (size_t i = 0; i < countof(parts); i++)
        if (*parts[i])
            printf("%s%s", i ? "  " : "", width_clean(a->call->mem, parts[i]));
    putchar('\n');
}

void change_print(app *a, const Bh__Change *change, const Bh__Task *task) {
    const char *const cells[COLUMNS] = {
        [INDEX] = arena_printf(a->call->mem, "%lld", (long long) change->entry_index),
        [TIME] = cell_text(a, &change->base, "time_ms"),
        [ACTION] = label_of_action(a, change->object_type, change->action),
        [OBJECT] = arena_printf(a->call->mem, "%s/%s", change->object_type, change->object_id),
        [NO] = task ? task->no : "",
        [TITLE] = task ? task->text : "",
        [VERSION] = number(a, change->version),
        [USER] = names_user(a, change->user_id),
        [UNIT] = names_unit(a, change->unit_id),
        [USER_ID] = number(a, change->user_id),
        [UNIT_ID] = number(a, change->unit_id),
    };
    if (a->out == OUT_JSON)
        out_json(a, &change->base);
    else if (a->out == OUT_CSV)
        print_row(a, cells);
    else
        print_line(a, cells, task);
}
