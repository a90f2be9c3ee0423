#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "evidence.h"
#include "query.h"
#include "refuse.h"
#include "rpc/guard.h"
#include "session.h"

enum { SLICE = 1 << 20 };

/* One file on its way back. */
typedef struct download {
    struct download *next; /* among those being checked */
    evidence_store *store;
    http_stream *s;
    const char *digest;
    const char *name;
    int64_t size, seen;
    int fd;
    sha256_stream sha;
} download;

static void leave_checks(download *d) {
    for (download **link = &d->store->checking; *link; link = &(*link)->next)
        if (*link == d) {
            *link = d->next;
            return;
        }
}

/* An attachment with its name; the type it was given is never used. */
static void serve(download *d) {
    const http_header headers[] = {
        { "content-type", "application/octet-stream" },
        { "content-disposition", arena_printf(d->s->call->mem, "attachment; filename=\"evidence\"; filename*=UTF-8''%s",
                                              query_escape(d->s->call->mem, d->name)) },
    };
    int fd = d->fd;
    d->fd = -1;
    accepted(d->s);
    http_answer_file(d->s, headers, countof(headers), fd, (size_t) d->size);
}

static void conclude(download *d) {
    uint8_t digest[SHA256_SIZE];
    sha256_final(&d->sha, digest);
    bool is_intact = d->seen == d->size && strcmp(hex(d->s->call->mem, digest, sizeof(digest)), d->digest) == 0 &&
                     lseek(d->fd, 0, SEEK_SET) == 0;
    if (is_intact)
        serve(d);
    else
        refuse(d->s, bh_fail(d->s->call, EVIDENCE_DAMAGED, d->digest));
}

bool evidence_work(void *data) {
    evidence_store *store = data;
    download *d = store->checking;
    static uint8_t slice[SLICE]; /* one thread */
    if (!d)
        return false;
    ssize_t n = read(d->fd, slice, sizeof(slice));
    if (n > 0) {
        sha256_update(&d->sha, slice, (size_t) n);
        d->seen += n;
    }
    if (n <= 0 || d->seen > d->size) {
        leave_checks(d);
        conclude(d);
    }
    return store->checking != NULL;
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
    char path[EVIDENCE_PATH_SIZE];
    evidence_path(d->digest, path);
    d->name = response->evidence->name;
    d->size = response->evidence->size;
    d->fd = openat(d->store->folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (d->fd < 0)
        return refuse(s, bh_fail(s->call, EVIDENCE_DAMAGED, d->digest));
    s->call->deadline_ms += d->size / HTTP_BYTES_PER_MS_MIN;
    d->next = d->store->checking;
    d->store->checking = d;
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
    leave_checks(d);
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
    *d = (download){ .store = store, .s = s, .fd = -1, .digest = hex(s->call->mem, bytes, sizeof(bytes)) };
    sha256_init(&d->sha);
    s->taker = &taker;
    s->data = d;
}
