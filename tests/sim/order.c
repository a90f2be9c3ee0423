#include "sim/order.h"

#include <string.h>

#include "base/buf.h"

static void add_number(buf *out, const char *name, int32_t value) {
    if (value)
        buf_addf(out, " %s=%d", name, (int) value);
}

static void add_text(buf *out, const char *name, const char *value) {
    if (value && *value)
        buf_addf(out, " %s=%s", name, value);
}

static void add_draft(buf *out, const draft *d) {
    buf_adds(out, " draft{");
    add_number(out, "lead", d->lead);
    for (size_t i = 0; i < UNITS_MAX; i++)
        add_number(out, "co", d->cos[i]);
    for (size_t i = 0; i < countof(d->leaders); i++)
        add_number(out, "leader", d->leaders[i]);
    add_number(out, "deadline", d->deadline);
    add_number(out, "clauses", d->clause_count);
    add_number(out, "milestones", d->milestone_count);
    add_number(out, "key", d->is_key);
    add_text(out, "result", d->result);
    buf_adds(out, " }");
}

const char *order_text(arena *mem, const order *o) {
    buf out;
    buf_init(&out, mem);
    buf_addf(&out, "%s by %s", o->move ? move_of(o->move)->name : "CREATE", o->who->login);
    if (o->move)
        buf_addf(&out, " task=%s version=%d", uuid_text(mem, o->task), (int) o->version);
    add_number(&out, "unit", o->other_unit);
    add_number(&out, "new_unit", o->new_unit);
    add_number(&out, "about", (int32_t) o->about);
    add_text(&out, "item", o->has_item ? uuid_text(mem, o->item) : "");
    add_number(&out, "number", o->number);
    for (size_t i = 0; i < o->unit_count; i++)
        add_number(&out, "units", o->units[i]);
    add_text(&out, "evidence", o->digest);
    add_text(&out, "note", o->note);
    add_text(&out, "result", o->result);
    add_number(&out, "day", o->day);
    add_number(&out, "plan_year", o->plan_year);
    add_text(&out, "default_result", o->default_result);
    add_number(&out, "fields", (int32_t) o->fields);
    add_number(&out, "milestones", o->milestone_count);
    for (size_t i = 0; i < o->draft_count; i++)
        add_draft(&out, &o->drafts[i]);
    return out.s;
}

bool answer_is_ok(const answer *a) {
    return strcmp(a->reason, "OK") == 0;
}
