#include "rpc/routes.h"

#include <errno.h>
#include <string.h>

#include "rpc/message.h"

/* False when the caller is gone: MANDATORY tells. One whose queue is full is still there. */
static bool tell(void *router, const uint8_t id[ROUTE_SIZE], frame_kind kind, const ProtobufCMessage *meta) {
    zmq_msg_t message;
    if (zmq_send(router, id, ROUTE_SIZE, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return errno != EHOSTUNREACH;
    message_init(&message, (frame){ .kind = (uint8_t) kind }, meta, 0);
    zmq_msg_send(&message, router, ZMQ_DONTWAIT);
    zmq_msg_close(&message);
    return true;
}

static void tell_or_forget(routes *all, void *router, route *caller, frame_kind kind, const ProtobufCMessage *meta) {
    if (caller->state != ROUTE_HERE || tell(router, caller->id, kind, meta))
        return;
    caller->state = caller->streams ? ROUTE_GONE : ROUTE_FREE;
    all->here--;
}

/* Callers vanish in silence; a PONG nobody asked for finds out. Looking at two for each that comes keeps the list
 * short, however often callers come and go. */
static void look_at_one(routes *all, void *router) {
    if (!all->top)
        return;
    all->next = (all->next + 1) % all->top;
    tell_or_forget(all, router, &all->row[all->next], FRAME_PONG, NULL);
}

static route *spare_row(routes *all) {
    for (int i = 0; i < all->top; i++)
        if (all->row[i].state == ROUTE_FREE)
            return &all->row[i];
    return all->top < ROUTES_MAX ? &all->row[all->top++] : NULL;
}

void routes_add(routes *all, void *router, zmq_msg_t *name, credit first) {
    look_at_one(all, router);
    look_at_one(all, router);
    /* Names of another size are those that callers gave themselves, which ours never do. */
    if (zmq_msg_size(name) != ROUTE_SIZE || routes_find(all, name))
        return;
    route *caller = spare_row(all);
    if (!caller)
        return;
    *caller = (route){ .state = ROUTE_HERE, .credit = first, .line_last = &caller->line };
    memcpy(caller->id, zmq_msg_data(name), ROUTE_SIZE);
    all->here++;
}

route *routes_find(routes *all, zmq_msg_t *name) {
    if (zmq_msg_size(name) != ROUTE_SIZE)
        return NULL;
    for (int i = 0; i < all->top; i++)
        if (all->row[i].state == ROUTE_HERE && memcmp(all->row[i].id, zmq_msg_data(name), ROUTE_SIZE) == 0)
            return &all->row[i];
    return NULL;
}

void route_hold(route *caller) {
    caller->streams++;
}

void route_release(route *caller) {
    if (--caller->streams == 0 && caller->state == ROUTE_GONE)
        caller->state = ROUTE_FREE;
}

void routes_tell(routes *all, void *router, frame_kind kind, const ProtobufCMessage *meta) {
    for (int i = 0; i < all->top; i++)
        tell_or_forget(all, router, &all->row[i], kind, meta);
}

void routes_probe(routes *all, void *router) {
    for (int i = 0; i < all->top; i++)
        if (all->row[i].streams)
            tell_or_forget(all, router, &all->row[i], FRAME_PONG, NULL);
}
