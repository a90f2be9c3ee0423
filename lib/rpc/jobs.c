#include "rpc/jobs.h"

#include <string.h>

/* The memory of jobs that are never used is never touched. */
void jobs_init(jobs *all, arena *mem, int calls_max, int streams_max) {
    all->bucket_count = (size_t) calls_max + (size_t) streams_max;
    all->every = arena_array(mem, all->bucket_count, sizeof(*all->every));
    all->buckets = arena_array(mem, all->bucket_count, sizeof(job *));
    all->calls_max = calls_max;
    all->streams_max = streams_max;
    all->fresh = calls_max + streams_max;
}

static job *spare_job(jobs *all) {
    job *j = (job *) all->spare;
    if (!j)
        return &all->every[--all->fresh];
    all->spare = all->spare->next;
    return j;
}

job *jobs_take(jobs *all) {
    job *j = &all->overflow;
    if (all->calls < all->calls_max) {
        j = spare_job(all);
        all->calls++;
    }
    memset(j, 0, offsetof(job, line));
    j->refusal = j == &all->overflow ? JOB_QUEUE_FULL : JOB_ACCEPTED;
    zmq_msg_init(&j->route);
    zmq_msg_init(&j->request);
    zmq_msg_init(&j->reply);
    zmq_msg_init(&j->stream.request);
    return j;
}

/* --- who is who --- */

static job **bucket_of(const jobs *all, job *j) {
    enum { FNV_BASIS = 0x811c9dc5, FNV_PRIME = 0x01000193 };
    const uint8_t *name = zmq_msg_data(&j->route);
    uint64_t h = FNV_BASIS ^ j->open.call_id;
    for (size_t i = 0; i < zmq_msg_size(&j->route); i++)
        h = (h ^ name[i]) * FNV_PRIME;
    return &all->buckets[(h ^ h >> 32) % all->bucket_count];
}

bool job_has_route_of(job *a, job *b) {
    size_t n = zmq_msg_size(&a->route);
    return n == zmq_msg_size(&b->route) && memcmp(zmq_msg_data(&a->route), zmq_msg_data(&b->route), n) == 0;
}

static bool is_same_call(job *a, job *b) {
    return a->open.call_id == b->open.call_id && strcmp(a->caller, b->caller) == 0 && job_has_route_of(a, b);
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

bool jobs_stream(jobs *all, job *j, route *caller) {
    if (all->streams >= all->streams_max)
        return false;
    j->stream.caller = caller;
    route_hold(caller);
    all->streams++;
    all->calls--;
    return true;
}

void jobs_release(jobs *all, job *j) {
    if (j->bucket)
        leave(j);
    zmq_msg_close(&j->route);
    zmq_msg_close(&j->request);
    zmq_msg_close(&j->reply);
    zmq_msg_close(&j->stream.request);
    if (j == &all->overflow)
        return;
    j->node.next = all->spare;
    all->spare = &j->node;
    if (!j->stream.caller) {
        all->calls--;
        return;
    }
    route_release(j->stream.caller);
    all->streams--;
}
