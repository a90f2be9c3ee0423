#include "domain/task.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/call.h"

/* The letters of moves.def. */
#define P(name) POST_BIT(name)
#define S(name) (1u << TASK_##name)
#define L(name) (1u << LEG_##name)
#define G(name) (UINT64_C(1) << GUARD_##name)
#define F(name) (UINT64_C(1) << FACT_##name)

static const move_row moves[MOVE_COUNT] = {
    [MOVE_NONE] = { .name = "CREATE", .zh = "新建", .en = "create" },
#define MOVE(name, rule, posts, states, leg, leg_states, guards, next, next_if, leg_next, legs, closure, application, \
             about, text, zh, en)                                                                                     \
    [MOVE_##name] = { #name,    rule, posts,   states,      LEG_OF_##leg, leg_states, guards, next, next_if,          \
                      leg_next, legs, closure, application, about,        text,       zh,     en },
#include "domain/moves.def"
#undef MOVE
};

typedef struct guard_row {
    const char *reason;
    task_fact fact;
    bool wanted;
    bh_code code;
    const char *zh, *en, *unblock_zh, *unblock_en;
} guard_row;

static const guard_row guards[GUARD_COUNT] = {
#define GUARD(reason, fact, wanted, code, zh, en, unblock_zh, unblock_en) \
    [GUARD_##reason] = { #reason, FACT_##fact, wanted, BH_##code, zh, en, unblock_zh, unblock_en },
#include "domain/guards.def"
#undef GUARD
};

typedef struct name_row {
    const char *name, *zh, *en;
} name_row;

static const name_row states[] = {
#define TASK_STATE(name, number, zh, en, holder) [number] = { #name, zh, en },
#include "domain/task_states.def"
#undef TASK_STATE
};

static const name_row leg_states[] = {
    [0] = { "NONE", "无此单位", "no part" },
#define LEG_STATE(name, number, zh, en) [number] = { #name, zh, en },
#include "domain/leg_states.def"
#undef LEG_STATE
};

static const name_row posts[] = {
#define POST(name, number, zh, en) [number] = { #name, zh, en },
#include "domain/posts.def"
#undef POST
};

const move_row *move_of(task_move move) {
    return &moves[move];
}

const move_row *move_named(const char *name) {
    for (int m = MOVE_NONE; m < MOVE_COUNT; m++)
        if (strcmp(moves[m].name, name) == 0)
            return &moves[m];
    return NULL;
}

uuid import_id(int32_t unit_id, const char *document_digest, int32_t round) {
    char name[128];
    snprintf(name, sizeof(name), "import %d %s %d", unit_id, document_digest, round);
    return uuid_derive((uuid){ .b = { 0 } }, name);
}

uuid draft_id(uuid parent, size_t position) {
    char name[32];
    snprintf(name, sizeof(name), "draft %zu", position);
    return uuid_derive(parent, name);
}

static uint64_t guard_facts(task_move move, bool wanted) {
    uint64_t set = 0;
    for (int g = 0; g < GUARD_COUNT; g++)
        if ((moves[move].guards >> g & 1) && guards[g].wanted == wanted)
            set |= UINT64_C(1) << guards[g].fact;
    return set;
}

uint64_t move_needs(task_move move) {
    return guard_facts(move, true);
}

uint64_t move_forbids(task_move move) {
    return guard_facts(move, false);
}

/* "承办中、已暂停" of a bit set. */
static const char *names_of(arena *mem, const name_row *rows, size_t n, uint32_t set, bool chinese) {
    buf out;
    buf_init(&out, mem);
    for (size_t i = 0; i < n; i++) {
        if (!(set >> i & 1) || !rows[i].zh)
            continue;
        if (out.n)
            buf_adds(&out, chinese ? "、" : ", ");
        buf_adds(&out, chinese ? rows[i].zh : rows[i].en);
    }
    return out.s;
}

#define NAMES(mem, rows, set, chinese) names_of(mem, rows, countof(rows), set, chinese)

bh_err *posts_refusal(bh_call *call, uint32_t set) {
    const char *zh = NAMES(call->mem, posts, set, true), *en = NAMES(call->mem, posts, set, false);
    bh_err *e = bh_fail(call, POST_REFUSED, zh, en);
    e->unblock_zh = zh;
    e->unblock_en = en;
    return e;
}

bh_err *move_refusal_by_post(bh_call *call, task_move move, post_kind post) {
    const move_row *row = &moves[move];
    if (row->posts >> post & 1)
        return NULL;
    const char *zh = NAMES(call->mem, posts, row->posts, true), *en = NAMES(call->mem, posts, row->posts, false);
    return bh_err_raw(call, (bh_err){
                                .code = BH_PERMISSION_DENIED,
                                .reason = "POST_REFUSED",
                                .zh = arena_printf(call->mem, "%s须由%s办理", row->zh, zh),
                                .en = arena_printf(call->mem, "To %s takes the post: %s.", row->en, en),
                                .unblock_zh = zh,
                                .unblock_en = en,
                                .file = __FILE__,
                                .line = __LINE__,
                            });
}

static bh_err *blocked(bh_call *call, const char *reason, const char *zh, const char *en) {
    return bh_err_raw(
        call,
        (bh_err){
            .code = BH_FAILED_PRECONDITION, .reason = reason, .zh = zh, .en = en, .file = __FILE__, .line = __LINE__ });
}

/* One sentence for "now X, but this can be done only in Y", of the task or of the leg the move is about. */
static bh_err *wrong_state(bh_call *call, const move_row *row, const char *reason, const char *what_zh,
                           const char *what_en, const name_row *now, const char *in_zh, const char *in_en) {
    return blocked(call, reason,
                   arena_printf(call->mem, "%s现为“%s”，只有在“%s”时才能%s", what_zh, now->zh, in_zh, row->zh),
                   arena_printf(call->mem, "%s is %s; to %s it must be: %s.", what_en, now->en, row->en, in_en));
}

static bh_err *refusal_by_state(bh_call *call, const move_row *row, task_state state) {
    if (row->states >> state & 1)
        return NULL;
    return wrong_state(call, row, "WRONG_STATE", "任务", "The task", &states[state],
                       NAMES(call->mem, states, row->states, true), NAMES(call->mem, states, row->states, false));
}

/* Nobody said which unit's leg the move is about. Where the units were looked up, those that may be named are told. */
static bh_err *unit_missing(bh_call *call, const move_row *row, const char *others) {
    arena *mem = call->mem;
    if (others && !*others)
        return blocked(
            call, "WRONG_LEG_STATE",
            arena_printf(mem, "没有单位的分工在“%s”，不能%s", NAMES(mem, leg_states, row->leg_states, true), row->zh),
            arena_printf(mem, "To %s takes a unit whose leg is %s; there is none.", row->en,
                         NAMES(mem, leg_states, row->leg_states, false)));
    return blocked(call, "UNIT_MISSING",
                   arena_printf(mem, "%s须指明单位（unit_id，命令行用 --unit）%s%s", row->zh, others ? "：" : "",
                                others ? others : ""),
                   arena_printf(mem, "To %s, name the unit (unit_id; --unit on the command line)%s%s.", row->en,
                                others ? ": " : "", others ? others : ""));
}

static bh_err *refusal_by_leg(bh_call *call, const move_row *row, const task_facts *facts) {
    leg_state state = row->leg == LEG_OF_OWN ? facts->own_leg : facts->other_leg;
    if (row->leg == LEG_OF_OTHER && !facts->names_other)
        return unit_missing(call, row, facts->others);
    if (row->leg == LEG_OF_NONE || row->leg_states >> state & 1)
        return NULL;
    return wrong_state(call, row, "WRONG_LEG_STATE", "该单位的分工", "The unit's leg", &leg_states[state],
                       NAMES(call->mem, leg_states, row->leg_states, true),
                       NAMES(call->mem, leg_states, row->leg_states, false));
}

static bh_err *guard_error(bh_call *call, const guard_row *guard) {
    return bh_err_raw(call, (bh_err){ .code = guard->code,
                                      .reason = guard->reason,
                                      .zh = guard->zh,
                                      .en = guard->en,
                                      .unblock_zh = guard->unblock_zh,
                                      .unblock_en = guard->unblock_en,
                                      .file = __FILE__,
                                      .line = __LINE__ });
}

/* Does the move's guard g, of this code, stand in the way? */
static bool is_shut(const move_row *row, int g, uint64_t facts, bh_code code) {
    const guard_row *guard = &guards[g];
    return (row->guards >> g & 1) && guard->code == code && (facts >> guard->fact & 1) != guard->wanted;
}

static bh_err *refusal_by_permission(bh_call *call, const move_row *row, uint64_t facts) {
    for (int g = 0; g < GUARD_COUNT; g++)
        if (is_shut(row, g, facts, BH_PERMISSION_DENIED))
            return guard_error(call, &guards[g]);
    return NULL;
}

/* Adds words that are not there yet. */
static void add_words(buf *out, const char *between, const char *words) {
    if (*words && !(out->n && strstr(out->s, words)))
        buf_addf(out, "%s%s", out->n ? between : "", words);
}

/* All that is missing, under the reason of the first. */
static bh_err *refusal_by_missing(bh_call *call, const move_row *row, const task_facts *facts) {
    const char *const args[4] = { facts->day, facts->deadline };
    const guard_row *first = NULL;
    buf zh, en, unblock_zh, unblock_en;
    buf_init(&zh, call->mem);
    buf_init(&en, call->mem);
    buf_init(&unblock_zh, call->mem);
    buf_init(&unblock_en, call->mem);
    for (int g = 0; g < GUARD_COUNT; g++) {
        if (!is_shut(row, g, facts->facts, BH_FAILED_PRECONDITION))
            continue;
        first = first ? first : &guards[g];
        add_words(&zh, "；", bh_sentence(call, guards[g].zh, args));
        add_words(&en, " ", bh_sentence(call, guards[g].en, args));
        add_words(&unblock_zh, "、", guards[g].unblock_zh);
        add_words(&unblock_en, ", ", guards[g].unblock_en);
    }
    if (!first)
        return NULL;
    const guard_row all = { .reason = first->reason,
                            .code = first->code,
                            .zh = zh.s,
                            .en = en.s,
                            .unblock_zh = unblock_zh.s,
                            .unblock_en = unblock_en.s };
    return guard_error(call, &all);
}

size_t move_missing(task_move move, uint64_t facts, const char **ret_reasons) {
    size_t n = 0;
    for (int g = 0; g < GUARD_COUNT; g++)
        if (is_shut(&moves[move], g, facts, BH_FAILED_PRECONDITION))
            ret_reasons[n++] = guards[g].reason;
    return n;
}

bh_err *move_refusal(bh_call *call, task_move move, post_kind post, const task_facts *facts) {
    const move_row *row = &moves[move];
    /* Who before when before what: the first thing to know is whether the move is one's own. */
    TRY(move_refusal_by_post(call, move, post));
    TRY(refusal_by_permission(call, row, facts->facts));
    TRY(refusal_by_state(call, row, facts->state));
    TRY(refusal_by_leg(call, row, facts));
    return refusal_by_missing(call, row, facts);
}

const char *task_state_name(task_state state) {
    return states[state].name;
}

const char *task_state_zh(task_state state) {
    return states[state].zh;
}

const char *task_state_en(task_state state) {
    return states[state].en;
}

const char *post_zh(post_kind post) {
    return posts[post].zh;
}

const char *post_en(post_kind post) {
    return posts[post].en;
}
