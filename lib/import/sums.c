#include "import/sums.h"

#include <string.h>

#include "base/buf.h"
#include "base/decimal.h"
#include "import/numbers.h"

/* A value as a number; words, shares and absent values are none. */
static bool to_decimal(const char *value, decimal *ret_number) {
    return value && decimal_parse(value, strlen(value), ret_number);
}

/* Shares and rates are no parts of a sum. */
static bool is_additive(const import_row *row) {
    static const char *const rates[] = { "%", "率", "比例", "比重", "百分点", NULL };
    for (size_t i = 0; i < row->heads.n; i++)
        if (row->values[i] && strchr(row->values[i], '%'))
            return false;
    return !span_ends(span_of(row->unit), rates);
}

row_sum sum_of_row(arena *mem, const import_row *row) {
    buf text;
    char printed[DECIMAL_TEXT_SIZE];
    decimal sum = { 0 }, value, total;
    bool fits = is_additive(row) && to_decimal(row->total, &total);
    buf_init(&text, mem);
    for (size_t i = 0; fits && i < row->heads.n; i++) {
        if (!to_decimal(row->values[i], &value))
            continue;
        buf_addf(&text, "%s%s", text.n ? " + " : "", row->values[i]);
        fits = decimal_add(sum, value, &sum);
    }
    if (!fits || !text.n)
        return (row_sum){ .text = "", .equal = true };
    buf_addf(&text, " = %s，合计 %s", decimal_print(sum, printed), row->total);
    return (row_sum){ .text = text.s, .equal = decimal_compare(sum, total) == 0 };
}

/* The value in column i, the total for i == heads.n; nothing assigned counts as 0. */
static decimal value_at(const import_row *row, size_t i) {
    decimal value = { 0 };
    const char *printed = i == row->heads.n ? row->total : row->values[i];
    return to_decimal(printed, &value) ? value : (decimal){ 0 };
}

static const char *head_at(const import_row *row, size_t i) {
    return i == row->heads.n ? "合计" : row->heads.at[i];
}

/* The first row stands for the whole when it has no sub-item, or one called 总…, 合计 or 小计. */
static bool is_whole(const import_row *row) {
    static const char *const starts[] = { "总", "合计", "小计", "全部", NULL };
    return !row->sub_item || span_starts(span_of(row->sub_item), starts);
}

/* A whole without a name beside parts in other units has lost its own name. */
static void check_whole_name(arena *mem, import_rows *rows, size_t a, size_t b) {
    import_row *whole = &rows->at[a];
    for (size_t i = a + 1; i < b && !whole->sub_item; i++)
        if (strcmp(rows->at[i].unit, whole->unit) != 0) {
            warn(mem, &whole->warnings, whole->first_line, "sub_item_missing", "其他分项以“%s”计，本行没有分项名称",
                 rows->at[i].unit);
            return;
        }
}

static bool is_part_of(const import_row *part, const import_row *whole) {
    return part->sub_item && strcmp(part->unit, whole->unit) == 0 && part->heads.n == whole->heads.n &&
           is_additive(part);
}

static void check_part(arena *mem, import_row *part, const import_row *whole) {
    for (size_t i = 0; i <= whole->heads.n; i++)
        if (decimal_compare(value_at(part, i), value_at(whole, i)) > 0)
            warn(mem, &part->warnings, part->first_line, "part_exceeds", "“%s”一列：分项 %s 大于总数 %s",
                 head_at(part, i), i == part->heads.n ? part->total : part->values[i],
                 i == part->heads.n ? (whole->total ? whole->total : "/")
                                    : (whole->values[i] ? whole->values[i] : "/"));
}

/* The sum of the parts in one column; false when it cannot be made. */
static bool sum_of_parts(const import_rows *rows, size_t a, size_t b, size_t column, decimal *ret_sum) {
    *ret_sum = (decimal){ 0 };
    for (size_t i = a + 1; i < b; i++)
        if (is_part_of(&rows->at[i], &rows->at[a]) && !decimal_add(*ret_sum, value_at(&rows->at[i], column), ret_sum))
            return false;
    return true;
}

/* Where several parts make up the total, they make up every column. */
static void check_whole(arena *mem, import_rows *rows, size_t a, size_t b) {
    import_row *whole = &rows->at[a];
    decimal sum;
    char printed[DECIMAL_TEXT_SIZE], expected[DECIMAL_TEXT_SIZE];
    bool complete =
        sum_of_parts(rows, a, b, whole->heads.n, &sum) && decimal_compare(sum, value_at(whole, whole->heads.n)) == 0;
    for (size_t i = 0; complete && i < whole->heads.n; i++)
        if (sum_of_parts(rows, a, b, i, &sum) && decimal_compare(sum, value_at(whole, i)) != 0)
            warn(mem, &whole->warnings, whole->first_line, "parts_sum", "“%s”一列：各分项之和 %s，总数 %s",
                 head_at(whole, i), decimal_print(sum, printed), decimal_print(value_at(whole, i), expected));
}

/* 3.5 and 万亩 as 35000 and 亩. */
static bool scaled(const char *number, const char *unit, decimal *ret_value, const char **ret_unit) {
    decimal value;
    *ret_unit = unit;
    int power = numbers_multiplier(ret_unit);
    return to_decimal(number, &value) && decimal_shift(value, power, ret_value);
}

/* A total below the one number that the text promises. */
static void check_text(arena *mem, import_row *row) {
    import_target targets[4];
    decimal total, promised;
    const char *unit, *promised_unit;
    if (numbers_find(mem, span_of(row->item), targets, countof(targets), NULL, 0) != 1 ||
        strchr("<~", *targets[0].comparator))
        return;
    if (!scaled(row->total, row->unit, &total, &unit) ||
        !scaled(targets[0].number, targets[0].unit, &promised, &promised_unit))
        return;
    bool same_unit = !*promised_unit || strcmp(unit, promised_unit) == 0;
    if (same_unit && decimal_compare(total, promised) < 0)
        warn(mem, &row->warnings, row->first_line, "below_text", "合计 %s%s，少于文中的 %s%s", row->total, row->unit,
             targets[0].number, targets[0].unit);
}

void sums_check(arena *mem, import_rows *rows, size_t a, size_t b) {
    if (b - a == 1) {
        check_text(mem, &rows->at[a]);
        return;
    }
    if (!is_whole(&rows->at[a]))
        return;
    for (size_t i = a + 1; i < b; i++)
        if (is_part_of(&rows->at[i], &rows->at[a]))
            check_part(mem, &rows->at[i], &rows->at[a]);
    check_whole(mem, rows, a, b);
    check_whole_name(mem, rows, a, b);
}
