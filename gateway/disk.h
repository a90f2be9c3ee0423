/* Slow work on the disk beside the loop: one thread, one job after the other. */
#pragma once

#include "http.h"
#include "rpc/inbox.h"

/* First member of what a job works on; that lives in the arena of the stream, which the job holds. */
typedef struct disk_job disk_job;
typedef void disk_step(disk_job *job);

struct disk_job {
    inbox_node node;
    http_holder holder;
    http_stream *s;
    disk_step *work;
    disk_step *done;
};

typedef struct disk {
    inbox todo;
    inbox finished; /* server_watch(finished.fd, disk_ready) */
} disk;

/* Starts the thread; false when the system has no descriptor or thread left. */
bool disk_start(disk *d);
/* `work` runs in the disk's thread and touches only the job, `done` in the server's thread, unless the client has left.
 */
void disk_submit(disk *d, disk_job *job, http_stream *s, disk_step *work, disk_step *done);
/* Hands out the jobs that are done. */
void disk_ready(void *data);
