#include "sim/lines.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "domain/calendar.h"

static void add(lines *l, const char *line) {
    assert(l->n < LINES_MAX);
    l->text[l->n++] = line;
}

static const char *day(arena *mem, int32_t day) {
    return day ? day_text(mem, day) : "-";
}

static const char *ids(arena *mem, const id_set *set) {
    buf out;
    buf_init(&out, mem);
    for (size_t i = 0; i < set->n; i++)
        buf_addf(&out, "%s%d", i ? "," : "", (int) set->ids[i]);
    return out.s;
}

static void add_task(arena *mem, lines *to, const model_task *t, const char *id) {
    add(to, arena_printf(mem,
                         "%s task v%d s%d office %d lead %d issuer %d key %d deadline %s answer %s suspended %s "
                         "review %s closure %d verifiers {%s} closing {%s} signed {%s} parent %s/%d result %s",
                         id, (int) t->version, (int) t->state, (int) t->office, (int) t->lead, (int) t->issuer,
                         t->is_key, day(mem, t->deadline), day(mem, t->answer_by), day(mem, t->suspended_on),
                         day(mem, t->review_day), t->closures ? (int) t->closures->no : 0, ids(mem, &t->verifiers),
                         ids(mem, &t->closing_verifiers), ids(mem, &t->signed_leaders),
                         t->parent ? uuid_text(mem, t->parent->id) : "-", (int) t->parent_unit, t->result));
}

static void add_legs(arena *mem, lines *to, const model_task *t, const char *id) {
    for (const model_leg *l = t->legs; l; l = l->next)
        add(to, arena_printf(mem,
                             "%s leg %d role %d s%d collective %d waived %d overruled %d by %s replaces %d urged %lld "
                             "'%s' '%s'",
                             id, (int) l->unit_id, (int) l->role, (int) l->state, l->is_collective, l->is_waived,
                             l->is_overruled, day(mem, l->acknowledge_by), (int) l->replaces, (long long) l->urged_ms,
                             l->opinion, l->ruling));
}

static void add_items(arena *mem, lines *to, const model_task *t, const char *id) {
    for (int32_t i = 0; i < t->clause_count; i++)
        add(to, arena_printf(mem, "%s clause %d %d %d", id, (int) i + 1, t->clauses[i].is_covered,
                             t->clauses[i].is_waived));
    for (int32_t i = 0; i < t->milestone_count; i++)
        add(to, arena_printf(mem, "%s milestone %d %d by %d", id, (int) i + 1, (int) t->milestones[i].state,
                             (int) t->milestones[i].moved_by));
    if (t->is_waived)
        add(to, arena_printf(mem, "%s waived", id));
}

static void add_papers(arena *mem, lines *to, const model_task *t, const char *id) {
    for (const model_application *a = t->applications; a; a = a->next)
        add(to, arena_printf(mem, "%s application %s kind %d s%d unit %d by %d day %s other %d %s", id,
                             uuid_text(mem, a->id), (int) a->kind, (int) a->state, (int) a->unit_id, (int) a->writer,
                             day(mem, a->day), (int) a->other_unit, a->result));
    for (const model_closure *k = t->closures; k; k = k->next)
        add(to, arena_printf(mem, "%s closure %d s%d by %d %s", id, (int) k->no, (int) k->state, (int) k->writer,
                             k->result_class));
}

static int in_order(const void *a, const void *b) {
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static lines *sorted(lines *l) {
    qsort(l->text, l->n, sizeof(l->text[0]), in_order);
    return l;
}

lines *lines_of_model(arena *mem, const model *m) {
    lines *to = arena_alloc(mem, sizeof(*to));
    for (const model_task *t = model_tasks(m); t; t = t->next) {
        const char *id = uuid_text(mem, t->id);
        add_task(mem, to, t, id);
        add_legs(mem, to, t, id);
        add_items(mem, to, t, id);
        add_papers(mem, to, t, id);
    }
    return sorted(to);
}

lines *lines_of_text(arena *mem, const char *text) {
    lines *to = arena_alloc(mem, sizeof(*to));
    while (*text) {
        size_t n = strcspn(text, "\n");
        add(to, arena_strndup(mem, text, n));
        text += n + (text[n] == '\n');
    }
    return sorted(to);
}

const char *lines_differ(arena *mem, const lines *a, const lines *b) {
    size_t i = 0;
    while (i < a->n && i < b->n && strcmp(a->text[i], b->text[i]) == 0)
        i++;
    if (i == a->n && i == b->n)
        return NULL;
    return arena_printf(mem, "model: %s\nstore: %s", i < a->n ? a->text[i] : "nothing",
                        i < b->n ? b->text[i] : "nothing");
}
