/* Work handed to the one thread that owns the sockets: any thread puts, that thread takes; wake-ups are coalesced. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

/* First member of whatever is handed over. */
typedef struct inbox_node {
    struct inbox_node *next;
} inbox_node;

typedef struct inbox {
    _Atomic(inbox_node *) newest;
    atomic_bool asleep; /* the taker is about to wait on fd, or does */
    int fd;             /* an eventfd: readable when the taker should look */
} inbox;

/* False when the system has no descriptor left. */
bool inbox_open(inbox *box);
void inbox_close(inbox *box);
void inbox_put(inbox *box, inbox_node *node);
/* The two halves of inbox_put, for whoever puts many: a taker that sleeps does not notice before it is told. */
void inbox_add(inbox *box, inbox_node *node);
void inbox_tell(inbox *box);
/* Everything put so far, oldest first, as a list; NULL when empty. */
inbox_node *inbox_take(inbox *box);
/* Before waiting on fd: false when something came in meanwhile, then do not wait. */
bool inbox_sleep(inbox *box);
/* After waiting; `told`: fd was readable. */
void inbox_awake(inbox *box, bool told);
/* When fd is readable: awakes, hands over every node, oldest first, and goes to sleep. `handle` may free the node. */
void inbox_serve(inbox *box, void (*handle)(inbox_node *node));
/* Makes a wait end although nothing was put. */
void inbox_wake(inbox *box);
