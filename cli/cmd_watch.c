#include <stdio.h>
#include <string.h>

#include "audit_log.h"
#include "change.h"
#include "cmd.h"
#include "names.h"
#include "out.h"
#include "ref.h"
#include "stream.h"

/* READ_MS: how long what goes beside a change may keep the stream waiting. */
enum { PAUSE_MS = 1000, READ_MS = 3000 };

typedef struct watch {
    int64_t next; /* where to resume; -1 = from now on */
    int32_t left; /* changes to show; 0 = no end */
    bool is_done;
    bool is_lost;         /* the connection, and people were told */
    app beside;           /* a connection of its own for reads beside the stream */
    bool is_away;         /* those fail for now: not tried again for this message */
    const Bh__Task *task; /* the last one read for this message */
} watch;

/* The task that changed, as it is now; NULL where there is none to show. */
static const Bh__Task *task_of(watch *w, app *a, const Bh__Change *change) {
    Bh__Task *task;
    if (a->out == OUT_JSON || strcmp(change->object_type, "task") != 0)
        return NULL;
    if (w->task && strcmp(w->task->task_id, change->object_id) == 0 && w->task->version >= change->version)
        return w->task;
    if (w->is_away)
        return NULL;
    w->beside.call = a->call;
    bh_err *error = ref_get_task(&w->beside, change->object_id, &task);
    w->is_away = error && remote_is_passing(error);
    w->task = error ? NULL : task;
    return w->task;
}

/* Whoever reads has each message at once; one who reads no more ends it. */
static bool take(void *data, app *a, const ProtobufCMessage *message) {
    watch *w = data;
    const Bh__WatchChangesResponse *news = (const Bh__WatchChangesResponse *) message;
    w->task = NULL;
    w->is_away = false;
    for (size_t i = 0; i < news->n_changes && !w->is_done; i++) {
        change_print(a, news->changes[i], task_of(w, a, news->changes[i]));
        w->is_done = w->left > 0 && --w->left == 0;
    }
    w->next = news->next_index;
    w->is_done |= fflush(stdout) != 0;
    return !w->is_done;
}

/* No stream lasts for ever. */
static bool is_usual(const bh_err *error) {
    return !error || error->code == BH_DEADLINE_EXCEEDED;
}

/* Nothing may come for long, so the log itself is asked whether it can be reached again. */
static bh_err *find_back(app *a, watch *w) {
    log_head head;
    if (!w->is_lost)
        return NULL;
    TRY(audit_log_head(a, &head));
    out_note("%s", SAY(a, "连接已恢复，从中断处继续", "The connection is back; it goes on where it broke off."));
    w->is_lost = false;
    return NULL;
}

static bh_err *watch_once(app *a, watch *w) {
    TRY(find_back(a, w));
    Bh__WatchChangesRequest request = BH__WATCH_CHANGES_REQUEST__INIT;
    request.first_index = w->next;
    const remote_method method = { &bh__audit_service__descriptor, "WatchChanges" };
    return stream_read(a, method, &request.base, take, w);
}

/* Whoever begins is told at once that there is no server, or that he watches in too many places. */
static bool ends_beginning(const bh_err *error) {
    return strcmp(error->reason, "SERVER_UNREACHABLE") == 0 || strcmp(error->reason, "CALLER_STREAMS") == 0;
}

/* What passes is told once. */
static bool goes_on(const app *a, const bh_err *error, bool is_first, watch *w) {
    if (is_usual(error))
        return true;
    if (!remote_is_passing(error) || (is_first && ends_beginning(error)))
        return false;
    if (!w->is_lost)
        out_note("%s", SAY(a, "连接中断，恢复后从中断处继续，不漏不重",
                           "The connection is lost; it will go on where it broke off."));
    w->is_lost = true;
    return true;
}

static void free_call(void *call) {
    call_free(call);
}

/* The memory of a connection ends with it, but for the last one's, whose error may be the answer. */
static bh_err *follow(app *a, watch *w) {
    bh_call *outer = a->call;
    for (bool is_first = true;; is_first = false) {
        bh_call *own = a->call = call_new("watch", 0);
        bh_err *error = watch_once(a, w);
        a->call = outer;
        if (w->is_done || !goes_on(a, error, is_first, w)) {
            arena_defer(outer->mem, free_call, own);
            return error;
        }
        call_free(own);
        remote_pause(PAUSE_MS);
    }
}

bh_err *cmd_watch(app *a, UNUSED const verb *v) {
    const char *first = args_get(&a->args, "first"), *limit = args_get(&a->args, "limit");
    watch w = { .next = -1 };
    if (first)
        TRY(app_index(a, "first", first, &w.next));
    if (limit)
        TRY(app_number(a, "limit", limit, 1, INT32_MAX, &w.left));
    if (a->out != OUT_JSON)
        TRY(names_load(a));
    change_print_head(a);
    if (a->out == OUT_TABLE)
        out_note("%s", SAY(a, "等待变动；按 Ctrl-C 结束", "Waiting for changes; Ctrl-C ends it."));
    w.beside = *a;
    w.beside.curl = NULL;
    w.beside.timeout_ms = READ_MS;
    bh_err *error = follow(a, &w);
    w.beside.call = call_new("beside", 0);
    app_close(&w.beside);
    return error;
}
