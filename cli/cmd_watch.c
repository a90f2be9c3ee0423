#include <stdio.h>
#include <string.h>

#include "bihuan/v1/audit_service.pb-c.h"
#include "cmd.h"
#include "out.h"
#include "stream.h"
#include "table.h"

enum { PAUSE_MS = 1000 };

typedef struct watch {
    int64_t next; /* where to resume; -1 = from now on */
    int32_t left; /* changes to show; 0 = no end */
    bool is_done;
} watch;

static void show_row(app *a, const char *const cells[3]) {
    table t;
    table_init(a, &t, 3, 0);
    for (size_t i = 0; i < 3; i++)
        table_add(a, &t, 0, i, cells[i]);
    table_print_csv(&t, stdout);
}

static void show(app *a, const Bh__Change *change) {
    arena *mem = a->call->mem;
    const char *index = arena_printf(mem, "%lld", (long long) change->entry_index);
    const char *object = arena_printf(mem, "%s/%s", change->object_type, change->object_id);
    const char *version = arena_printf(mem, "%d", change->version);
    if (a->out == OUT_JSON)
        out_json(a, &change->base);
    else if (a->out == OUT_CSV)
        show_row(a, (const char *const[3]){ index, object, version });
    else
        printf(SAY(a, "条目 %s  %s  第 %s 版\n", "entry %s  %s  version %s\n"), index, object, version);
}

/* Whoever reads has each message at once; one who reads no more ends it. */
static bool take(void *data, app *a, const ProtobufCMessage *message) {
    watch *w = data;
    const Bh__WatchChangesResponse *news = (const Bh__WatchChangesResponse *) message;
    for (size_t i = 0; i < news->n_changes && !w->is_done; i++) {
        show(a, news->changes[i]);
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

static bh_err *watch_once(app *a, watch *w) {
    Bh__WatchChangesRequest request = BH__WATCH_CHANGES_REQUEST__INIT;
    request.first_index = w->next;
    const remote_method method = { &bh__audit_service__descriptor, "WatchChanges" };
    return stream_read(a, method, &request.base, take, w);
}

/* What passes is told once; a server that was never there is an error as everywhere. */
static bool goes_on(const app *a, const bh_err *error, bool is_first, bool *is_told) {
    bool is_absent = error && is_first && strcmp(error->reason, "SERVER_UNREACHABLE") == 0;
    if (is_absent || (!is_usual(error) && !remote_is_passing(error)))
        return false;
    if (!is_usual(error) && !*is_told)
        out_note("%s", SAY(a, "连接中断，恢复后从中断处继续，不漏不重",
                           "The connection is lost; it will go on where it broke off."));
    *is_told = !is_usual(error);
    return true;
}

static void free_call(void *call) {
    call_free(call);
}

/* The memory of a connection ends with it, but for the last one's, whose error may be the answer. */
static bh_err *follow(app *a, watch *w) {
    bh_call *outer = a->call;
    bool is_told = false;
    for (bool is_first = true;; is_first = false) {
        bh_call *own = a->call = call_new("watch", 0);
        bh_err *error = watch_once(a, w);
        a->call = outer;
        if (w->is_done || !goes_on(a, error, is_first, &is_told)) {
            arena_defer(outer->mem, free_call, own);
            return error;
        }
        call_free(own);
        remote_pause(PAUSE_MS);
    }
}

bh_err *cmd_watch(app *a, UNUSED const verb *v) {
    const char *first = args_get(&a->args, "first"), *limit = args_get(&a->args, "limit");
    watch w = { .left = 0 };
    int32_t from = -1;
    if (first)
        TRY(app_number(a, "first", first, 0, INT32_MAX, &from));
    if (limit)
        TRY(app_number(a, "limit", limit, 1, INT32_MAX, &w.left));
    w.next = from;
    if (a->out == OUT_CSV)
        show_row(
            a, (const char *const[3]){ SAY(a, "序号", "entry"), SAY(a, "对象", "object"), SAY(a, "版本", "version") });
    return follow(a, &w);
}
