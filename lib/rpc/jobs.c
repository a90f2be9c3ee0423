#include "rpc/jobs.h"

#include <string.h>

void jobs_init(jobs *all, arena *mem, int n) {
    job *every = arena_array(mem, (size_t) n, sizeof(*every));
    for (int i = 0; i < n; i++) {
        every[i].node.next = all->spare;
        all->spare = &every[i].node;
    }
    all->bucket_count = (size_t) n;
    all->buckets = arena_array(mem, all->bucket_count, sizeof(job *));
}

job *jobs_take(jobs *all) {
    job *j = &all->overflow;
    if (all->spare) {
        j = (job *) all->spare;
        all->spare = all->spare->next;
        all->busy++;
    }
    memset(j, 0, offsetof(job, line));
    j->refusal = j == &all->overflow ? JOB_QUEUE_FULL : JOB_ACCEPTED;
    zmq_msg_init(&j->route);
    zmq_msg_init(&j->request);
    zmq_msg_init(&j->reply);
    return j;
}

/* --- who is who --- */

static job **bucket_of(const jobs *all, job *j) {
    enum { FNV_BASIS = 0x811c9dc5, FNV_PRIME = 0x01000193 };
    const uint8_t *route = zmq_msg_data(&j->route);
    uint64_t h = FNV_BASIS ^ j->open.call_id;
    for (size_t i = 0; i < zmq_msg_size(&j->route); i++)
        h = (h ^ route[i]) * FNV_PRIME;
    return &all->buckets[(h ^ h >> 32) % all->bucket_count];
}

static bool is_same_call(job *a, job *b) {
    size_t n = zmq_msg_size(&a->route);
    return a->open.call_id == b->open.call_id && strcmp(a->caller, b->caller) == 0 && n == zmq_msg_size(&b->route) &&
           memcmp(zmq_msg_data(&a->route), zmq_msg_data(&b->route), n) == 0;
}

void jobs_enter(jobs *all, job *j) {
    j->bucket = bucket_of(all, j);
    j->next_in_bucket = *j->bucket;
    *j->bucket = j;
}

job *jobs_find(const jobs *all, job *like) {
    job *j = *bucket_of(all, like);
    while (j && !is_same_call(j, like))
        j = j->next_in_bucket;
    return j;
}

/* The route is gone with the reply by now. */
static void leave(job *j) {
    job **link = j->bucket;
    while (*link != j)
        link = &(*link)->next_in_bucket;
    *link = j->next_in_bucket;
}

void jobs_release(jobs *all, job *j) {
    if (j->bucket)
        leave(j);
    zmq_msg_close(&j->route);
    zmq_msg_close(&j->request);
    zmq_msg_close(&j->reply);
    if (j == &all->overflow)
        return;
    j->node.next = all->spare;
    all->spare = &j->node;
    all->busy--;
}
