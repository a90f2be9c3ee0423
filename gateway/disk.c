#include "disk.h"

#include <poll.h>
#include <pthread.h>

static void *serve(void *data) {
    disk *d = data;
    for (;;) {
        for (inbox_node *node = inbox_take(&d->todo); node;) {
            inbox_node *next = node->next;
            ((disk_job *) node)->work((disk_job *) node);
            inbox_put(&d->finished, node);
            node = next;
        }
        if (inbox_sleep(&d->todo))
            poll(&(struct pollfd){ .fd = d->todo.fd, .events = POLLIN }, 1, -1);
        inbox_awake(&d->todo, true);
    }
    return NULL;
}

bool disk_start(disk *d) {
    pthread_t thread;
    return inbox_open(&d->todo) && inbox_open(&d->finished) && inbox_sleep(&d->finished) &&
           pthread_create(&thread, NULL, serve, d) == 0;
}

void disk_submit(disk *d, disk_job *job, http_stream *s, disk_step *work, disk_step *done) {
    job->s = s;
    job->work = work;
    job->done = done;
    http_hold(s, &job->holder);
    inbox_put(&d->todo, &job->node);
}

static void finish(inbox_node *node) {
    disk_job *job = (disk_job *) node;
    http_stream *s = job->s;
    if (!http_is_gone(s) && !http_is_answered(s))
        job->done(job);
    http_release(s, &job->holder);
}

void disk_ready(void *data) {
    disk *d = data;
    inbox_serve(&d->finished, finish);
}
