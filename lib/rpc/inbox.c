#include "rpc/inbox.h"

#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <sys/eventfd.h>

bool inbox_open(inbox *box) {
    *box = (inbox){ .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
    return box->fd >= 0;
}

void inbox_close(inbox *box) {
    close(box->fd);
}

void inbox_wake(inbox *box) {
    uint64_t one = 1;
    /* A full counter (EAGAIN) is readable anyhow. */
    if (write(box->fd, &one, sizeof(one)) < 0)
        return;
}

void inbox_add(inbox *box, inbox_node *node) {
    node->next = atomic_load(&box->newest);
    while (!atomic_compare_exchange_weak(&box->newest, &node->next, node))
        continue;
}

/* The taker sets asleep before its last look, we look after adding: one of us sees the other. */
void inbox_tell(inbox *box) {
    if (atomic_load(&box->asleep) && atomic_exchange(&box->asleep, false))
        inbox_wake(box);
}

void inbox_put(inbox *box, inbox_node *node) {
    inbox_add(box, node);
    inbox_tell(box);
}

inbox_node *inbox_take(inbox *box) {
    inbox_node *newest = atomic_load_explicit(&box->newest, memory_order_relaxed);
    if (!newest)
        return NULL;
    newest = atomic_exchange(&box->newest, NULL);
    inbox_node *oldest = NULL;
    while (newest) {
        inbox_node *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

bool inbox_sleep(inbox *box) {
    atomic_store(&box->asleep, true);
    if (!atomic_load(&box->newest))
        return true;
    atomic_store(&box->asleep, false);
    return false;
}

void inbox_awake(inbox *box, bool told) {
    uint64_t count;
    atomic_store(&box->asleep, false);
    if (told && read(box->fd, &count, sizeof(count)) < 0)
        return; /* another wake-up has taken it */
}

void inbox_serve(inbox *box, void (*handle)(inbox_node *node)) {
    inbox_awake(box, true);
    do {
        for (inbox_node *node = inbox_take(box); node;) {
            inbox_node *next = node->next;
            handle(node);
            node = next;
        }
    } while (!inbox_sleep(box));
}
