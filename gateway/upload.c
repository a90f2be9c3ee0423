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
    const char *tmp; /* "tmp/..." while the file stands there, else NULL */
    int fd;
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

/* Gives the disk back what an upload that failed took of it. */
static void drop(upload *u) {
    if (u->fd >= 0)
        close(u->fd);
    if (u->tmp)
        unlinkat(u->store->folder, u->tmp, 0);
    u->fd = -1;
    u->tmp = NULL;
}

static void give_up(http_stream *s, upload *u, const bh_err *error) {
    drop(u);
    refuse(s, error);
}

static bh_err *open_tmp(http_stream *s, upload *u) {
    uint8_t id[16];
    random_bytes(id, sizeof(id));
    const char *path = arena_printf(s->call->mem, "tmp/%s", hex(s->call->mem, id, sizeof(id)));
    u->fd = openat(u->store->folder, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
    if (u->fd < 0)
        return disk_error(s, errno);
    u->tmp = path;
    return NULL;
}

static bh_err *write_all(http_stream *s, upload *u, const uint8_t *bytes, size_t n) {
    if (u->size + (int64_t) n > u->store->size_max)
        return bh_fail(s->call, EVIDENCE_TOO_LARGE, arena_printf(s->call->mem, "%lld", (long long) u->store->size_max));
    for (size_t done = 0; done < n;) {
        ssize_t wrote = write(u->fd, bytes + done, n - done);
        if (wrote < 0 && errno != EINTR)
            return disk_error(s, errno);
        done += wrote > 0 ? (size_t) wrote : 0;
    }
    sha256_update(&u->sha, bytes, n);
    /* The disk starts early, so that the fsync at the end is short. */
    if (u->size / WRITE_BACK != (u->size + (int64_t) n) / WRITE_BACK)
        sync_file_range(u->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    u->size += (int64_t) n;
    return NULL;
}

/* fsync of the file, the new name, fsync of the folders: after this the file is there, whatever happens. */
static void settle(disk_job *job) {
    upload *u = (upload *) job;
    int folder = u->store->folder, fd = -1;
    char path[EVIDENCE_PATH_SIZE], shelf[3];
    evidence_path(u->digest, path);
    snprintf(shelf, sizeof(shelf), "%.2s", path);
    bool is_safe = (mkdirat(folder, shelf, 0700) == 0 || errno == EEXIST) &&
                   (fd = openat(folder, shelf, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 && fsync(u->fd) == 0 &&
                   renameat(folder, u->tmp, folder, path) == 0 && fsync(fd) == 0 && fsync(folder) == 0;
    u->disk_errno = is_safe ? 0 : errno;
    if (fd >= 0)
        close(fd);
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

static void settled(disk_job *job) {
    upload *u = (upload *) job;
    if (u->disk_errno)
        return give_up(job->s, u, disk_error(job->s, u->disk_errno));
    u->tmp = NULL;
    register_evidence(job->s, u);
}

/* Goes on when both the session is known and the body is complete. */
static void finish(http_stream *s, upload *u) {
    if (!u->is_checked || !u->is_complete)
        return;
    uint8_t digest[SHA256_SIZE];
    sha256_final(&u->sha, digest);
    u->digest = hex(s->call->mem, digest, sizeof(digest));
    u->job = (disk_job){ .s = s, .work = settle, .done = settled };
    disk_submit(u->store->disk, &u->job);
}

static void checked(http_stream *s, const bh_err *error) {
    upload *u = s->data;
    if (!error)
        error = open_tmp(s, u);
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
    abandoned(s);
    drop(s->data);
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
    u->fd = -1;
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
