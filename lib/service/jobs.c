#include "service/jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

enum { JOB_TIMEOUT_MS = 30000 };

typedef struct job_thread {
    job_threads *all;
    const service_job *job;
    pthread_t thread;
} job_thread;

struct job_threads {
    service_runtime *runtime;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool is_stopping;
    size_t n;
    job_thread threads[];
};

/* Sleeps up to `ms`; true when the jobs shall end. */
static bool wait_or_stop(job_threads *jobs, int64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&jobs->lock);
    int timed_out = 0;
    while (!jobs->is_stopping && !timed_out)
        timed_out = pthread_cond_clockwait(&jobs->stop, &jobs->lock, CLOCK_MONOTONIC, &until);
    bool is_stopping = jobs->is_stopping;
    pthread_mutex_unlock(&jobs->lock);
    return is_stopping;
}

static bool run_once(job_thread *t) {
    service_runtime *runtime = t->all->runtime;
    bh_call *call = call_new(t->job->name, JOB_TIMEOUT_MS);
    call->site_id = (int32_t) runtime->settings.site_id;
    call->backend = runtime->pool;
    call->who.service = runtime->service->name;
    bool again = false;
    bh_err *e = t->job->run(call, runtime, &again);
    if (e)
        log_event(LOG_WARN, "job.failed", "job=%s reason=%s %s", t->job->name, e->reason, e->en);
    call_free(call);
    return again && !e;
}

static void *job_main(void *data) {
    job_thread *t = data;
    bool again = false;
    while (!wait_or_stop(t->all, again ? 0 : t->job->interval_ms))
        again = run_once(t);
    return NULL;
}

job_threads *jobs_start(service_runtime *runtime, const service_job *jobs, size_t n) {
    job_threads *all = calloc(1, sizeof(*all) + n * sizeof(all->threads[0]));
    if (!all)
        abort();
    all->runtime = runtime;
    pthread_mutex_init(&all->lock, NULL);
    pthread_cond_init(&all->stop, NULL);
    for (; all->n < n; all->n++) {
        job_thread *t = &all->threads[all->n];
        *t = (job_thread){ .all = all, .job = &jobs[all->n] };
        if (pthread_create(&t->thread, NULL, job_main, t) != 0)
            abort();
    }
    return all;
}

void jobs_stop(job_threads *jobs) {
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->lock);
    jobs->is_stopping = true;
    pthread_cond_broadcast(&jobs->stop);
    pthread_mutex_unlock(&jobs->lock);
    for (size_t i = 0; i < jobs->n; i++)
        pthread_join(jobs->threads[i].thread, NULL);
    pthread_cond_destroy(&jobs->stop);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}
