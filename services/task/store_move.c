#include "base/buf.h"
#include "domain/calendar.h"
#include "pg/pg.h"
#include "service/field.h"
#include "store.h"
#include "task_sql.h"

enum { ACKNOWLEDGE_WORKDAYS = 3, ANSWER_WORKDAYS = 5 };

/* Parsed once, used by the statement. */
typedef struct move_parts {
    uuid task_id;
    uuid item;
    bool has_item;
    int32_t day;
    bool has_day;
} move_parts;

/* A move about one thing must name it: left out, it would be about any. */
static bh_err *check_named(bh_call *c, const move_row *row, const move_args *args, uuid *ret_item) {
    bool is_milestone = row->about >= ABOUT_MILESTONE_LEFT;
    if (row->application > APPLICATION_OPEN)
        return field_uuid(c, "application_id", args->item, ret_item);
    if (row->about == ABOUT_CHILD)
        return field_uuid(c, "child_task_id", args->item, ret_item);
    if ((row->about == ABOUT_CLAUSE || is_milestone) && args->number <= 0)
        return bh_fail_why(c, BAD_FIELD, is_milestone ? "milestone_no" : "clause_no", MISSING);
    return NULL;
}

static bh_err *parse_parts(bh_call *c, const move_row *row, const move_args *args, move_parts *ret_parts) {
    move_parts p = { .has_item = args->item && *args->item, .has_day = args->day && *args->day };
    TRY(field_uuid(c, "task_id", args->task_id, &p.task_id));
    TRY(check_named(c, row, args, &p.item));
    if (p.has_day && !day_parse(args->day, &p.day))
        return bh_fail_why(c, BAD_FIELD, "day", NOT_DAY);
    *ret_parts = p;
    return NULL;
}

static const char *or_empty(const char *text) {
    return text ? text : "";
}

static bh_err *check_text(bh_call *c, const move_row *row, const char *note) {
    return row->text_needed ? field_needed(c, "reason", or_empty(note), TEXT_MAX)
                            : field_text(c, "reason", or_empty(note), TEXT_MAX);
}

/* The limit a move sets: to acknowledge a new leg, to answer a closing text. */
static pg_value limit_day(const move_row *row, int32_t today) {
    if (row->legs == LEGS_EXPAND || row->legs == LEGS_ADD)
        return pg_date(workday_after(today, ACKNOWLEDGE_WORKDAYS));
    if (row->closure == CLOSURE_WRITTEN)
        return pg_date(workday_after(today, ANSWER_WORKDAYS));
    return pg_null();
}

static bh_err *refusal(bh_call *c, task_move move, const move_args *args, const pg_rows *rows) {
    task_facts facts = {
        .state = (task_state) pg_get_int(rows, 0, "state"),
        .own_leg = (leg_state) pg_get_int(rows, 0, "_own_leg"),
        .other_leg = (leg_state) pg_get_int(rows, 0, "_other_leg"),
        .names_other = args->other_unit,
        .day = pg_get_text(rows, 0, "_day"),
        .deadline = pg_get_text(rows, 0, "_deadline"),
        .facts = (uint64_t) pg_get_int(rows, 0, "_facts"),
    };
    bh_err *e = move_refusal(c, move, (post_kind) c->who.post, &facts);
    return e ? e : bh_fail(c, INTERNAL_ERROR, "the statement refused what the rules allow");
}

/* The leaf pins what the version alone does not tell: the digests of evidence, the fields of a draft. */
static const char *leaf_note(bh_call *c, const move_args *args) {
    buf out;
    buf_init(&out, c->mem);
    buf_adds(&out, or_empty(args->fields));
    for (size_t i = 0; i < args->digest_count; i++)
        buf_addf(&out, "%ssha256:%s", i ? " " : "", args->digests[i]);
    return out.s;
}

bh_err *task_store_move_as(bh_call *c, const command *cmd, task_move move, const move_args *args,
                           ProtobufCMessage *response) {
    const move_row *row = move_of(move);
    move_parts p;
    TRY(parse_parts(c, row, args, &p));
    TRY(check_text(c, row, args->note));
    TRY(move_refusal_by_post(c, move, (post_kind) c->who.post));
    int32_t today = day_at(c->now_ms);
    pg_rows rows;
    TRY(pg_call(
        c, &task_sql[TASK_SQL_MOVE], &rows, pg_int(c->site_id), pg_uuid(&cmd->key), pg_uuid(&p.task_id),
        pg_int(args->version), pg_bytes(cmd->fingerprint, SHA256_SIZE),
        command_leaf(c, cmd, "task", uuid_text(c->mem, p.task_id), args->version + 1, row->name, leaf_note(c, args)),
        pg_text(row->name), pg_int(row->states), pg_int(row->leg), pg_int(row->leg_states),
        pg_int((int64_t) move_needs(move)), pg_int((int64_t) move_forbids(move)), pg_int(row->next),
        pg_int((int64_t) row->next_if), pg_int(row->leg_next), pg_int(row->legs), pg_int(row->closure),
        pg_int(row->application), pg_int(args->about ? args->about : row->about), pg_int(c->who.user_id),
        pg_text(c->who.login), pg_int(c->who.unit_id), pg_int(c->who.post), pg_int(c->who.leader_id),
        pg_int(args->other_unit), pg_int(args->new_unit), p.has_item ? pg_uuid(&p.item) : pg_null(),
        pg_int(args->number), pg_ints(args->units, args->unit_count), pg_text(or_empty(args->note)),
        pg_text(or_empty(args->result)), p.has_day ? pg_date(p.day) : pg_null(),
        pg_texts((const char *const *) args->digests, args->digest_count), pg_date(today), limit_day(row, today),
        pg_int(c->now_ms), pg_text(args->list ? args->list : "[]")));
    TRY(task_store_misnamed(c, &rows));
    TRY(command_outcome(c, cmd, &rows, args->task_id));
    if (pg_get_int(&rows, 0, "outcome") == OUTCOME_REFUSED)
        return refusal(c, move, args, &rows);
    pg_fill(c, &rows, 0, response);
    if (args->is_past_due)
        *args->is_past_due = (protobuf_c_boolean) pg_get_int(&rows, 0, "_is_past_due");
    return NULL;
}

bh_err *task_store_move(bh_call *c, task_move move, const move_args *args, ProtobufCMessage *response) {
    command cmd;
    TRY(command_begin(c, args->request_id, &cmd));
    return task_store_move_as(c, &cmd, move, args, response);
}
