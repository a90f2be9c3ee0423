#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "evidence.h"
#include "query.h"
#include "refuse.h"
#include "session.h"
#include "json/json.h"

enum { NAME_SIZE_MAX = 255, TYPE_SIZE_MAX = 100, WRITE_BACK = 1 << 20 };

/* One file on its way to the disk. */
typedef struct upload {
    disk_job job; /* first: what the disk works on */
    evidence_store *store;
    const char *name;
    const char *type;
    evidence_tmp tmp;
    int64_t size;
    sha256_stream sha;
    char *digest;
    buf waiting; /* what came before the session was checked: at most one window */
    bool is_checked, is_complete;
    int disk_errno;
} upload;

static bh_err *disk_error(http_stream *s, int number) {
    if (number == ENOSPC || number == EDQUOT)
        return bh_fail(s->call, EVIDENCE_NO_SPACE);
    return bh_fail(s->call, INTERNAL_ERROR, arena_printf(s->call->mem, "evidence folder, errno %d", number));
}

static void give_up(http_stream *s, upload *u, const bh_err *error) {
    evidence_tmp_drop(u->store->folder, &u->tmp);
    refuse(s, error);
}

static bh_err *write_all(http_stream *s, upload *u, const uint8_t *bytes, size_t n) {
    if (u->size + (int64_t) n > u->store->size_max)
        return bh_fail(s->call, EVIDENCE_TOO_LARGE, arena_printf(s->call->mem, "%lld", (long long) u->store->size_max));
    if (!evidence_tmp_write(&u->tmp, bytes, n))
        return disk_error(s, errno);
    sha256_update(&u->sha, bytes, n);
    /* The disk starts early, so that the fsync at the end is short. */
    if (u->size / WRITE_BACK != (u->size + (int64_t) n) / WRITE_BACK)
        sync_file_range(u->tmp.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    u->size += (int64_t) n;
    return NULL;
}

static void settle(disk_job *job) {
    upload *u = (upload *) job;
    u->disk_errno = evidence_tmp_settle(u->store->folder, &u->tmp, u->digest);
}

static void registered(http_stream *s, void *data, const bh_err *error, UNUSED const void *bytes, UNUSED size_t n) {
    static const http_header headers[] = { { "content-type", "application/json" } };
    const upload *u = data;
    if (error)
        return refuse(s, error);
    char *body = arena_printf(s->call->mem, "{\"digest\":\"%s\",\"size\":\"%lld\"}", u->digest, (long long) u->size);
    accepted(s);
    http_answer(s, 200, headers, countof(headers), body, strlen(body));
}

static void register_evidence(http_stream *s, upload *u) {
    Bh__Evidence evidence = BH__EVIDENCE__INIT;
    evidence.digest = u->digest;
    evidence.size = u->size;
    evidence.name = (char *) (uintptr_t) u->name;
    evidence.media_type = (char *) (uintptr_t) u->type;
    Bh__RegisterEvidenceRequest request = BH__REGISTER_EVIDENCE_REQUEST__INIT;
    request.request_id = uuid_text(s->call->mem, uuid_v7(clock_now_ms()));
    request.evidence = &evidence;
    s->call->deadline_ms = clock_mono_ms() + s->app->timeout_ms;
    ask_message(u->store->asker, s, "/bihuan.v1.ProgressService/RegisterEvidence", &request.base, registered, u);
}

/* The file on its way to the other gateways. */
typedef struct copying {
    disk_job job; /* first: what the thread works on */
    upload *upload;
} copying;

/* A gateway that is away now asks for the file when it needs it. */
static void copy(disk_job *job) {
    const upload *u = ((const copying *) job)->upload;
    copies_offer(u->store->copies, &u->digest, 1, true);
}

static void copied(disk_job *job) {
    register_evidence(job->s, ((copying *) job)->upload);
}

static void settled(disk_job *job) {
    upload *u = (upload *) job;
    if (u->disk_errno)
        return give_up(job->s, u, disk_error(job->s, u->disk_errno));
    copying *c = arena_alloc(job->s->call->mem, sizeof(*c));
    c->upload = u;
    disk_submit(u->store->network, &c->job, job->s, copy, copied);
}

/* Goes on when both the session is known and the body is complete. */
static void finish(http_stream *s, upload *u) {
    if (!u->is_checked || !u->is_complete)
        return;
    uint8_t digest[SHA256_SIZE];
    sha256_final(&u->sha, digest);
    u->digest = hex(s->call->mem, digest, sizeof(digest));
    disk_submit(u->store->disk, &u->job, s, settle, settled);
}

static void checked(http_stream *s, const bh_err *error) {
    upload *u = s->data;
    if (!error && !evidence_tmp_open(u->store->folder, &u->tmp))
        error = disk_error(s, errno);
    if (!error)
        error = write_all(s, u, (const uint8_t *) u->waiting.s, u->waiting.n);
    if (error)
        return give_up(s, u, error);
    u->is_checked = true;
    http_consume(s, u->waiting.n);
    finish(s, u);
}

static void take_body(http_stream *s, const uint8_t *bytes, size_t n) {
    upload *u = s->data;
    if (!u->is_checked)
        return buf_add(&u->waiting, bytes, n);
    http_consume(s, n);
    bh_err *error = write_all(s, u, bytes, n);
    if (error)
        give_up(s, u, error);
}

static void take_end(http_stream *s) {
    upload *u = s->data;
    u->is_complete = true;
    finish(s, u);
}

static void late(http_stream *s) {
    give_up(s, s->data, bh_fail(s->call, DEADLINE_EXPIRED));
}

static void gone(http_stream *s) {
    upload *u = s->data;
    abandoned(s);
    evidence_tmp_drop(u->store->folder, &u->tmp);
}

/* A name is a label, never a path; a type is shown, never served. */
static bh_err *read_labels(http_stream *s, upload *u) {
    u->name = query_value(s->call->mem, s->query, "name");
    u->type = query_value(s->call->mem, s->query, "type");
    if (!u->name || !*u->name || strlen(u->name) > NAME_SIZE_MAX || strpbrk(u->name, "/\\") || !query_is_plain(u->name))
        return bh_fail_why(s->call, BAD_FIELD, "name", NOT_FILE_NAME);
    if (!u->type || strlen(u->type) > TYPE_SIZE_MAX || !query_is_plain(u->type))
        return bh_fail_why(s->call, BAD_FIELD, "type", NOT_MEDIA_TYPE);
    if (!*u->type)
        u->type = "application/octet-stream";
    return NULL;
}

static bh_err *read_size(http_stream *s, const evidence_store *store) {
    const char *text = http_header_of(s, "content-length");
    int64_t size = *text ? strtoll(text, NULL, 10) : store->size_max;
    if (size > store->size_max)
        return bh_fail(s->call, EVIDENCE_TOO_LARGE, arena_printf(s->call->mem, "%lld", (long long) store->size_max));
    s->call->deadline_ms += size / HTTP_BYTES_PER_MS_MIN;
    return NULL;
}

void evidence_put(evidence_store *store, http_stream *s) {
    static const http_taker taker = { .body = take_body, .end = take_end, .late = late, .gone = gone };
    upload *u = arena_alloc(s->call->mem, sizeof(*u));
    u->store = store;
    u->tmp.fd = -1;
    sha256_init(&u->sha);
    buf_init(&u->waiting, s->call->mem);
    bh_err *error = read_labels(s, u);
    if (!error)
        error = read_size(s, store);
    if (error)
        return refuse(s, error);
    s->taker = &taker;
    s->data = u;
    session_check(store->asker, s, checked);
}
