#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "evidence.h"
#include "query.h"
#include "refuse.h"
#include "rpc/guard.h"
#include "session.h"

enum { SLICE = 1 << 20 };

/* One file on its way back. */
typedef struct download {
    evidence_store *store;
    const char *digest;
    const char *name;
    int64_t size;
    int fd;
    bool is_intact;
    bool is_fetched; /* from another gateway, or not to be had there */
    bh_code fetched;
} download;

/* Something done for it beside the loop. */
typedef struct step {
    disk_job job; /* first: what the thread works on */
    download *download;
} step;

static void submit(disk *d, http_stream *s, disk_step *work, disk_step *done) {
    step *next = arena_alloc(s->call->mem, sizeof(*next));
    next->download = s->data;
    disk_submit(d, &next->job, s, work, done);
}

/* An attachment with its name; the type it was given is never used. */
static void serve(http_stream *s, download *d) {
    const http_header headers[] = {
        { "content-type", "application/octet-stream" },
        { "content-disposition", arena_printf(s->call->mem, "attachment; filename=\"evidence\"; filename*=UTF-8''%s",
                                              query_escape(s->call->mem, d->name)) },
    };
    int fd = d->fd;
    d->fd = -1;
    accepted(s);
    http_answer_file(s, headers, countof(headers), fd, (size_t) d->size);
}

/* Reads the whole file: nothing of a damaged one gets out. */
static void compare(disk_job *job) {
    static uint8_t slice[SLICE]; /* one disk thread */
    download *d = ((step *) job)->download;
    uint8_t wanted[SHA256_SIZE], digest[SHA256_SIZE];
    int64_t size = 0;
    sha256_stream sha;
    sha256_init(&sha);
    for (ssize_t n; size <= d->size && (n = read(d->fd, slice, sizeof(slice))) > 0; size += n)
        sha256_update(&sha, slice, (size_t) n);
    sha256_final(&sha, digest);
    d->is_intact = size == d->size && hex_parse(d->digest, wanted, sizeof(wanted)) &&
                   memcmp(digest, wanted, sizeof(wanted)) == 0 && lseek(d->fd, 0, SEEK_SET) == 0;
}

static void look(http_stream *s, download *d);

static void fetch(disk_job *job) {
    download *d = ((step *) job)->download;
    d->fetched = copies_fetch(d->store->copies, d->digest);
}

static void fetched(disk_job *job) {
    download *d = ((step *) job)->download;
    if (d->fetched == BH_OK)
        look(job->s, d);
    else if (d->fetched == BH_DATA_LOSS)
        refuse(job->s, bh_fail(job->s->call, EVIDENCE_DAMAGED, d->digest));
    else
        refuse(job->s, bh_fail(job->s->call, EVIDENCE_AWAY, d->digest));
}

/* What is missing or damaged here may be whole at another gateway: it is asked for once. */
static void find_elsewhere(http_stream *s, download *d) {
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
    if (d->is_fetched)
        return refuse(s, bh_fail(s->call, EVIDENCE_DAMAGED, d->digest));
    d->is_fetched = true;
    s->call->deadline_ms += d->size / HTTP_BYTES_PER_MS_MIN;
    submit(d->store->network, s, fetch, fetched);
}

static void compared(disk_job *job) {
    download *d = ((step *) job)->download;
    if (d->is_intact)
        return serve(job->s, d);
    log_event(LOG_ERROR, "evidence.damaged", "digest=%s", d->digest);
    find_elsewhere(job->s, d);
}

static void look(http_stream *s, download *d) {
    char path[EVIDENCE_PATH_SIZE];
    evidence_path(d->digest, path);
    d->fd = openat(d->store->folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (d->fd < 0)
        return find_elsewhere(s, d);
    s->call->deadline_ms += d->size / HTTP_BYTES_PER_MS_MIN;
    submit(d->store->disk, s, compare, compared);
}

static void found(http_stream *s, void *data, const bh_err *error, const void *bytes, size_t n) {
    download *d = data;
    ProtobufCMessage *message = NULL;
    if (!error)
        error = rpc_unpack(s->call, &bh__get_evidence_response__descriptor, bytes, n, &message);
    if (error)
        return refuse(s, error);
    const Bh__GetEvidenceResponse *response = (const Bh__GetEvidenceResponse *) message;
    if (!response->evidence)
        return refuse(s, bh_fail(s->call, NOT_FOUND_OBJECT, d->digest));
    d->name = response->evidence->name;
    d->size = response->evidence->size;
    look(s, d);
}

static void checked(http_stream *s, const bh_err *error) {
    download *d = s->data;
    Bh__GetEvidenceRequest request = BH__GET_EVIDENCE_REQUEST__INIT;
    request.digest = (char *) (uintptr_t) d->digest;
    if (error)
        return refuse(s, error);
    ask_message(d->store->asker, s, "/bihuan.v1.ProgressService/GetEvidence", &request.base, found, d);
}

static void take_body(http_stream *s, UNUSED const uint8_t *bytes, size_t n) {
    http_consume(s, n);
}

static void take_end(http_stream *s) {
    download *d = s->data;
    session_check(d->store->asker, s, checked);
}

static void late(http_stream *s) {
    refuse(s, bh_fail(s->call, DEADLINE_EXPIRED));
}

static void gone(http_stream *s) {
    abandoned(s);
    download *d = s->data;
    if (d->fd >= 0)
        close(d->fd);
}

void evidence_get(evidence_store *store, http_stream *s, const char *digest) {
    static const http_taker taker = { .body = take_body, .end = take_end, .late = late, .gone = gone };
    uint8_t bytes[SHA256_SIZE];
    /* Hex and nothing else: the digest becomes a path. */
    if (!hex_parse(digest, bytes, sizeof(bytes)))
        return refuse(s, bh_fail(s->call, NOT_FOUND_OBJECT, digest));
    download *d = arena_alloc(s->call->mem, sizeof(*d));
    *d = (download){ .store = store, .fd = -1, .digest = hex(s->call->mem, bytes, sizeof(bytes)) };
    s->taker = &taker;
    s->data = d;
}
