#include "rpc/routes.h"

#include <errno.h>
#include <stdbool.h>
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

static void tell_or_forget(routes *all, void *router, int i, frame_kind kind, const ProtobufCMessage *meta) {
    if (!tell(router, all->id[i], kind, meta))
        memcpy(all->id[i], all->id[--all->n], ROUTE_SIZE);
}

/* Callers vanish in silence; a PONG nobody asked for finds out. Looking at two for each that comes keeps the list
 * short, however often callers come and go. */
static void look_at_one(routes *all, void *router) {
    if (!all->n)
        return;
    all->next = (all->next + 1) % all->n;
    tell_or_forget(all, router, all->next, FRAME_PONG, NULL);
}

void routes_add(routes *all, void *router, zmq_msg_t *route) {
    look_at_one(all, router);
    look_at_one(all, router);
    /* Names of another size are those that callers gave themselves, which ours never do. */
    if (all->n == ROUTES_MAX || zmq_msg_size(route) != ROUTE_SIZE)
        return;
    memcpy(all->id[all->n++], zmq_msg_data(route), ROUTE_SIZE);
}

void routes_tell(routes *all, void *router, frame_kind kind, const ProtobufCMessage *meta) {
    for (int i = all->n - 1; i >= 0; i--)
        tell_or_forget(all, router, i, kind, meta);
}
