#include "sim/wire.h"

#include "base/buf.h"
#include "domain/calendar.h"

typedef struct command_row {
    const char *method, *fields;
} command_row;

static const command_row commands[MOVE_COUNT] = {
    [MOVE_NONE] = { "CreateTask", "'draft':$c" },
#define COMMAND(move, method, fields) [MOVE_##move] = { method, fields },
#include "sim/commands.def"
#undef COMMAND
};

const char *wire_method(const order *o) {
    return commands[o->move].method;
}

static const char *day_or_none(arena *mem, int32_t day) {
    return day ? day_text(mem, day) : "";
}

static void add_list(buf *out, const int32_t *ids, size_t n) {
    const char *comma = "";
    for (size_t i = 0; i < n; i++)
        if (ids[i]) {
            buf_addf(out, "%s%d", comma, (int) ids[i]);
            comma = ",";
        }
}

static void add_milestones(buf *out, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        buf_addf(out, "%s{'title':'step','due':'2025-01-02'}", i ? "," : "");
}

static void add_draft(buf *out, const draft *d) {
    buf_addf(out,
             "{'no':'1.1','text':'a road','result':'%s','is_key':%s,'deadline':'%s','lead_unit_id':%d,'co_unit_ids':[",
             d->result, d->is_key ? "true" : "false", day_or_none(out->mem, d->deadline), (int) d->lead);
    add_list(out, d->cos, countof(d->cos));
    buf_adds(out, "],'leader_ids':[");
    add_list(out, d->leaders, countof(d->leaders));
    buf_adds(out, "],'clauses':[");
    for (int32_t i = 0; i < d->clause_count; i++)
        buf_addf(out, "%s'clause'", i ? "," : "");
    buf_adds(out, "],'milestones':[");
    add_milestones(out, d->milestone_count);
    buf_adds(out, "]}");
}

static void add_drafts(buf *out, const order *o) {
    for (size_t i = 0; i < o->draft_count; i++) {
        buf_adds(out, i ? "," : "");
        add_draft(out, &o->drafts[i]);
    }
}

static void add_names(buf *out, uint32_t fields) {
    static const char *const names[DRAFT_FIELDS] = {
        [DRAFT_LEAD] = "lead_unit_id", [DRAFT_COS] = "co_unit_ids",       [DRAFT_LEADERS] = "leader_ids",
        [DRAFT_DEADLINE] = "deadline", [DRAFT_CLAUSES] = "clauses",       [DRAFT_KEY] = "is_key",
        [DRAFT_RESULT] = "result",     [DRAFT_MILESTONES] = "milestones",
    };
    const char *comma = "";
    for (int f = 0; f < DRAFT_FIELDS; f++)
        if (fields >> f & 1) {
            buf_addf(out, "%s'%s'", comma, names[f]);
            comma = ",";
        }
}

static void add_field(buf *out, const order *o, char letter) {
    switch (letter) {
    case 'n':
        buf_adds(out, o->note);
        break;
    case 'u':
        buf_addf(out, "%d", (int) o->other_unit);
        break;
    case 'v':
        buf_addf(out, "%d", (int) o->new_unit);
        break;
    case 'U':
        add_list(out, o->units, o->unit_count);
        break;
    case 'i':
        buf_adds(out, o->has_item ? uuid_text(out->mem, o->item) : "");
        break;
    case 'k':
        buf_addf(out, "%d", (int) o->number);
        break;
    case 'd':
        buf_adds(out, day_or_none(out->mem, o->day));
        break;
    case 'r':
        buf_adds(out, o->result);
        break;
    case 'e':
        buf_addf(out, "'%s'", o->digest);
        break;
    case 'a':
        buf_addf(out, "%d", (int) (o->about ? o->about : move_of(o->move)->about));
        break;
    case 'y':
        buf_addf(out, "%d", (int) o->plan_year);
        break;
    case 'm':
        add_milestones(out, o->milestone_count);
        break;
    case 'c':
        add_drafts(out, o);
        break;
    case 'f':
        add_names(out, o->fields);
        break;
    case 'g':
        buf_adds(out, o->default_result);
        break;
    }
}

/* Quotes are written ' in the table. */
static void requote(buf *text) {
    for (size_t i = 0; i < text->n; i++)
        if (text->s[i] == '\'')
            text->s[i] = '"';
}

const char *wire_fields(arena *mem, const order *o) {
    buf out;
    buf_init(&out, mem);
    const char *which = arena_printf(mem, "'task_id':'%s','version':%d", uuid_text(mem, o->task), (int) o->version);
    const char *fields = commands[o->move].fields;
    if (o->move == MOVE_SET)
        buf_addf(&out, "'tasks':[{%s}]", which);
    else if (o->move)
        buf_adds(&out, which);
    buf_adds(&out, o->move && *fields ? "," : "");
    for (const char *p = fields; *p; p++) {
        if (*p == '$')
            add_field(&out, o, *++p);
        else
            buf_addc(&out, *p);
    }
    requote(&out);
    return out.s;
}
