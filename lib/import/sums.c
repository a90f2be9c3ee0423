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

static const char *decimal_text(arena *mem, decimal value) {
    char printed[DECIMAL_TEXT_SIZE];
    return arena_strdup(mem, decimal_print(value, printed));
}

row_sum sum_of_row(arena *mem, const import_row *row) {
    buf text;
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
    bool equal = decimal_compare(sum, total) == 0;
    buf_addf(&text, " = %s", decimal_text(mem, sum));
    if (!equal)
        buf_addf(&text, " ≠ %s", row->total);
    return (row_sum){ .text = text.s, .equal = equal };
}

/* What column i prints, the total for i == heads.n; / for nothing. */
static const char *printed_at(const import_row *row, size_t i) {
    const char *printed = i == row->heads.n ? row->total : row->values[i];
    return printed ? printed : "/";
}

/* The same as a value; nothing assigned counts as 0. */
static decimal value_at(const import_row *row, size_t i) {
    decimal value = { 0 };
    return to_decimal(printed_at(row, i), &value) ? value : (decimal){ 0 };
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
            warn(mem, &whole->warnings, whole->first_line, WHOLE_WITHOUT_NAME, rows->at[i].unit);
            return;
        }
}

static bool is_part_of(const import_row *part, const import_row *whole) {
    return part->sub_item && strcmp(part->unit, whole->unit) == 0 && part->heads.n == whole->heads.n &&
           is_additive(part);
}

static void check_part(arena *mem, import_row *part, const import_row *whole) {
    import_warnings *doubts = &part->warnings;
    int line = part->first_line;
    for (size_t i = 0; i < whole->heads.n; i++)
        if (decimal_compare(value_at(part, i), value_at(whole, i)) > 0)
            warn(mem, doubts, line, PART_EXCEEDS, part->heads.at[i], printed_at(part, i), printed_at(whole, i));
    size_t all = whole->heads.n;
    if (decimal_compare(value_at(part, all), value_at(whole, all)) > 0)
        warn(mem, doubts, line, PART_EXCEEDS_TOTAL, printed_at(part, all), printed_at(whole, all));
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
    bool complete =
        sum_of_parts(rows, a, b, whole->heads.n, &sum) && decimal_compare(sum, value_at(whole, whole->heads.n)) == 0;
    for (size_t i = 0; complete && i < whole->heads.n; i++)
        if (sum_of_parts(rows, a, b, i, &sum) && decimal_compare(sum, value_at(whole, i)) != 0)
            warn(mem, &whole->warnings, whole->first_line, PARTS_SUM, whole->heads.at[i], decimal_text(mem, sum),
                 decimal_text(mem, value_at(whole, i)));
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
        warn(mem, &row->warnings, row->first_line, BELOW_TEXT, row->total, row->unit, targets[0].number,
             targets[0].unit);
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
