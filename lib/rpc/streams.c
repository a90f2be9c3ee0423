#include "rpc/streams.h"

enum {
    STEP_SHARE = 4,        /* one worker in so many, at least one */
    STEP_EVERY_MS = 10000, /* also when nobody asks for it */
};

void streams_init(streams *all, int workers) {
    all->step_max = workers < STEP_SHARE ? 1 : workers / STEP_SHARE;
}

/* --- lines --- */

static void line_up(streams *all, job *j) {
    route *caller = j->stream.caller;
    j->stream.state = STREAM_LINES;
    j->node.next = NULL;
    *caller->line_last = &j->node;
    caller->line_last = &j->node.next;
    all->lined++;
}

static void leave_line(streams *all, job *j) {
    route *caller = j->stream.caller;
    inbox_node **link = &caller->line;
    while (*link != &j->node)
        link = &(*link)->next;
    *link = j->node.next;
    if (caller->line_last == &j->node.next)
        caller->line_last = link;
    all->lined--;
}

static void want(streams *all, job *j) {
    if (credit_covers(&j->stream.credit)) {
        line_up(all, j);
    } else {
        j->stream.state = STREAM_STALLS;
        all->stalls++;
    }
}

/* --- steps --- */

void streams_enter(streams *all, job *j) {
    job *next = all->ring ? all->ring : j;
    job *previous = all->ring ? next->stream.previous : j;
    j->stream.next = next;
    j->stream.previous = previous;
    previous->stream.next = next->stream.previous = j;
    all->ring = j;
    want(all, j);
}

void streams_leave(streams *all, job *j) {
    if (j->stream.state == STREAM_LINES)
        leave_line(all, j);
    j->stream.next->stream.previous = j->stream.previous;
    j->stream.previous->stream.next = j->stream.next;
    if (all->ring == j)
        all->ring = j->stream.next == j ? NULL : j->stream.next;
}

static job *begin(streams *all, route *caller) {
    job *j = (job *) caller->line;
    leave_line(all, j);
    credit_reserve(&caller->credit);
    credit_reserve(&j->stream.credit);
    j->stream.state = STREAM_AT_WORK;
    j->stream.is_woken = false;
    all->at_work++;
    return j;
}

job *streams_next(streams *all, routes *callers) {
    if (!all->lined || all->at_work == all->step_max)
        return NULL;
    for (int i = 0; i < callers->top; i++) {
        all->turn = (all->turn + 1) % callers->top;
        route *caller = &callers->row[all->turn];
        if (caller->line && credit_covers(&caller->credit))
            return begin(all, caller);
    }
    return NULL;
}

void streams_settle(streams *all, job *j) {
    size_t size = zmq_msg_size(&j->reply) - FRAME_HEADER_SIZE;
    const size_t *sent_size = j->stream.step == RPC_STEP_SEND ? &size : NULL;
    credit_settle(&j->stream.caller->credit, sent_size);
    credit_settle(&j->stream.credit, sent_size);
    j->stream.state = STREAM_WAITS;
    all->at_work--;
    all->sent += sent_size != NULL;
}

void streams_place(streams *all, job *j) {
    if (j->stream.step == RPC_STEP_SEND || j->stream.is_woken)
        want(all, j);
}

bool streams_grant(streams *all, job *j, credit more) {
    if (!credit_grant(&j->stream.credit, more))
        return false;
    if (j->stream.state == STREAM_STALLS && credit_covers(&j->stream.credit))
        line_up(all, j);
    return true;
}

void streams_look(streams *all, int64_t now_ms) {
    if (!atomic_exchange(&all->woken, false) && now_ms - all->woken_ms < STEP_EVERY_MS)
        return;
    all->woken_ms = now_ms;
    job *j = all->ring;
    do {
        j->stream.is_woken = true;
        if (j->stream.state == STREAM_WAITS)
            want(all, j);
        j = j->stream.next;
    } while (j != all->ring);
}
