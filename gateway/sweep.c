#include "sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "evidence.h"

enum {
    DAY_S = 24 * 60 * 60,
    KEPT_S = 30 * DAY_S,
    RETRY_S = 10 * 60,
    BATCH_MAX = 500, /* digests in one question */
    CALL_MS = 30000,
    SHELVES = 256,
};

typedef struct sweeper {
    rpc_client *client;
    int folder;
    const copies *others;
    bool is_offered; /* nothing has failed to reach the other gateways */
    sweep_counts counts;
} sweeper;

/* A folder of files: what stands before a file's name in its digest, how old a file must be to be looked at, and what
 * is done with it once it is clear whether the service knows it. */
typedef struct place {
    const char *folder;
    const char *prefix;
    int64_t age_min_s;
    void (*judge)(sweeper *w, const char *digest, bool is_known);
    bool is_offered; /* what the service knows of it is for the other gateways too */
} place;

typedef struct batch {
    size_t n;
    char *digests[BATCH_MAX];
} batch;

static void closedir_p(DIR **folder) {
    if (*folder)
        closedir(*folder);
}

static void close_p(const int *fd) {
    if (*fd >= 0)
        close(*fd);
}

static DIR *open_folder(const sweeper *w, const char *name) {
    int fd = openat(w->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? NULL : fdopendir(fd);
}

static int64_t age_s(const struct stat *st) {
    return time(NULL) - st->st_mtime;
}

/* True for a file, and one of this age. */
static bool is_old(int folder, const char *path, int64_t age_min_s) {
    struct stat st;
    return fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && age_s(&st) >= age_min_s;
}

/* ---- what is done with a file ---- */

static void aside_path(const char *digest, char ret_path[EVIDENCE_ASIDE_SIZE]) {
    snprintf(ret_path, EVIDENCE_ASIDE_SIZE, "aside/%s", digest);
}

/* A file that meanwhile stands in its place again was uploaded later and is no worse. */
static void put_back(sweeper *w, const char *digest) {
    char path[EVIDENCE_PATH_SIZE], aside[EVIDENCE_ASIDE_SIZE];
    evidence_path(digest, path);
    aside_path(digest, aside);
    if (linkat(w->folder, aside, w->folder, path, 0) != 0 && errno != EEXIST)
        return;
    syncfs(w->folder);
    unlinkat(w->folder, aside, 0);
    w->counts.put_back++;
}

/* From now on its time tells how long it has been aside. */
static void set_aside(sweeper *w, const char *digest) {
    char path[EVIDENCE_PATH_SIZE], aside[EVIDENCE_ASIDE_SIZE];
    struct stat meant, moved;
    evidence_path(digest, path);
    aside_path(digest, aside);
    CLEANUP(close_p) int fd = openat(w->folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &meant) != 0 || age_s(&meant) < DAY_S || futimens(fd, NULL) != 0)
        return;
    mkdirat(w->folder, "aside", 0700);
    if (renameat(w->folder, path, w->folder, aside) != 0)
        return;
    w->counts.set_aside++;
    /* The same bytes were uploaded again at this very moment, and will be registered. */
    if (fstatat(w->folder, aside, &moved, AT_SYMLINK_NOFOLLOW) == 0 && moved.st_ino != meant.st_ino)
        put_back(w, digest);
}

static void judge_kept(sweeper *w, const char *digest, bool is_known) {
    if (!is_known)
        set_aside(w, digest);
}

/* An upload puts its own file into the folder before it is registered: this one may go whatever is registered now. */
static void judge_aside(sweeper *w, const char *digest, bool is_known) {
    char path[EVIDENCE_ASIDE_SIZE];
    aside_path(digest, path);
    if (is_known)
        put_back(w, digest);
    else if (is_old(w->folder, path, KEPT_S) && unlinkat(w->folder, path, 0) == 0)
        w->counts.deleted++;
}

/* ---- which files the service knows ---- */

/* The next files to ask about. */
static void read_batch(bh_call *call, const place *p, DIR *folder, batch *ret_batch) {
    uint8_t bytes[SHA256_SIZE];
    const struct dirent *entry;
    ret_batch->n = 0;
    while (ret_batch->n < BATCH_MAX && (entry = readdir(folder))) {
        char *digest = arena_printf(call->mem, "%s%s", p->prefix, entry->d_name);
        if (hex_parse(digest, bytes, sizeof(bytes)) && is_old(dirfd(folder), entry->d_name, p->age_min_s))
            ret_batch->digests[ret_batch->n++] = digest;
    }
}

static bool is_among(char *const *digests, size_t n, const char *digest) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(digests[i], digest) == 0)
            return true;
    return false;
}

static bh_err *judge_batch(bh_call *call, sweeper *w, const place *p, batch *b) {
    Bh__FindEvidenceRequest request = BH__FIND_EVIDENCE_REQUEST__INIT;
    request.n_digests = b->n;
    request.digests = b->digests;
    ProtobufCMessage *message;
    TRY(rpc_call(w->client, call, &bh__progress_service__descriptor, "FindEvidence", &request.base, &message));
    const Bh__FindEvidenceResponse *known = (const Bh__FindEvidenceResponse *) message;
    for (size_t i = 0; i < b->n; i++)
        p->judge(w, b->digests[i], is_among(known->digests, known->n_digests, b->digests[i]));
    if (p->is_offered && known->n_digests > 0)
        w->is_offered &= copies_offer(w->others, known->digests, known->n_digests, false);
    return NULL;
}

/* False when the service could not be asked: then nothing is done. */
static bool sweep_place(sweeper *w, const place *p) {
    CLEANUP(closedir_p) DIR *folder = open_folder(w, p->folder);
    bh_err *error = NULL;
    batch b = { .n = folder ? BATCH_MAX : 0 };
    while (b.n == BATCH_MAX && !error) {
        bh_call *call = call_new("sweep", CALL_MS);
        read_batch(call, p, folder, &b);
        error = b.n ? judge_batch(call, w, p, &b) : NULL;
        if (error)
            log_event(LOG_WARN, "evidence.sweep_failed", "reason=%s %s", error->reason, error->en);
        call_free(call);
    }
    return !error;
}

/* ---- the rounds ---- */

/* Another gateway may be writing into tmp/ at this moment: only what is old goes. */
static void remove_unfinished(sweeper *w) {
    CLEANUP(closedir_p) DIR *tmp = open_folder(w, "tmp");
    const struct dirent *entry;
    while (tmp && (entry = readdir(tmp)))
        if (is_old(dirfd(tmp), entry->d_name, DAY_S) && unlinkat(dirfd(tmp), entry->d_name, 0) == 0)
            w->counts.unfinished++;
}

static bool sweep_complete(sweeper *w) {
    static const place aside = { "aside", "", 0, judge_aside, false };
    for (unsigned i = 0; i < SHELVES; i++) {
        char name[3];
        snprintf(name, sizeof(name), "%02x", i);
        if (!sweep_place(w, &(place){ name, name, DAY_S, judge_kept, true }))
            return false;
    }
    return sweep_place(w, &aside);
}

bool sweep_once(rpc_client *client, int folder, const copies *others, sweep_counts *ret_counts) {
    sweeper w = { .client = client, .folder = folder, .others = others, .is_offered = true };
    remove_unfinished(&w);
    bool is_complete = sweep_complete(&w);
    *ret_counts = w.counts;
    return is_complete && w.is_offered;
}

static void *work(void *data) {
    for (const sweeper *w = data;;) {
        sweep_counts n;
        bool is_complete = sweep_once(w->client, w->folder, w->others, &n);
        log_event(LOG_INFO, "evidence.swept", "complete=%d unfinished=%d set_aside=%d put_back=%d deleted=%d",
                  is_complete, n.unfinished, n.set_aside, n.put_back, n.deleted);
        nanosleep(&(struct timespec){ .tv_sec = is_complete ? DAY_S : RETRY_S }, NULL);
    }
    return NULL;
}

bool sweep_start(rpc_client *client, int folder, const copies *others) {
    static sweeper w; /* lives as long as the process */
    pthread_t thread;
    w = (sweeper){ .client = client, .folder = folder, .others = others };
    return pthread_create(&thread, NULL, work, &w) == 0;
}
