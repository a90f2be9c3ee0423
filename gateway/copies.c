#include "copies.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "bihuan/v1/evidence_service.pb-c.h"
#include "evidence.h"

enum { PART_SIZE = 1 << 20, PART_MS = 10000, FILE_MS = 60000, AWAITED_MS = 30000, OFFER_MS = 600000, WORKERS_MIN = 4 };

/* ---- asking the others ---- */

/* A file on its way from another gateway. */
typedef struct fetching {
    const copies *by;
    const char *from;
    const char *digest;
    evidence_tmp tmp;
    int64_t began_ms;
    int64_t size;
    sha256_stream sha;
} fetching;

/* For the next part. The file has a minute, and a second for each part that is here: nobody keeps us by being slow. */
static int64_t part_ms(const fetching *f) {
    enum { MS_PER_PART = 1000 };
    int64_t left_ms = f->began_ms + FILE_MS + f->size / PART_SIZE * MS_PER_PART - clock_mono_ms();
    left_ms = left_ms < PART_MS ? left_ms : PART_MS;
    return left_ms > 0 ? left_ms : 1;
}

static bh_err *ask_part(const fetching *f, bh_call *call, ProtobufCBinaryData *ret_part) {
    Bh__ReadEvidenceRequest request = BH__READ_EVIDENCE_REQUEST__INIT;
    request.digest = (char *) (uintptr_t) f->digest;
    request.offset = f->size;
    ProtobufCMessage *response;
    TRY(rpc_call_at(f->by->client, f->from, call, &bh__evidence_service__descriptor, "ReadEvidence", &request.base,
                    &response));
    *ret_part = ((const Bh__ReadEvidenceResponse *) response)->part;
    return NULL;
}

static bh_code keep_part(fetching *f, const ProtobufCBinaryData *part) {
    f->size += (int64_t) part->len;
    if (f->size > f->by->size_max)
        return BH_DATA_LOSS;
    sha256_update(&f->sha, part->data, part->len);
    return evidence_tmp_write(&f->tmp, part->data, part->len) ? BH_OK : BH_RESOURCE_EXHAUSTED;
}

/* Each part has a call of its own, so that one of them is in memory at a time. A short one is the last. */
static bh_code fetch_parts(fetching *f) {
    bh_code code = BH_OK;
    for (bool is_end = false; !is_end && code == BH_OK;) {
        bh_call *call = call_new("evidence", part_ms(f));
        ProtobufCBinaryData part;
        const bh_err *error = ask_part(f, call, &part);
        code = error ? error->code : keep_part(f, &part);
        is_end = code == BH_OK && part.len < PART_SIZE;
        call_free(call);
    }
    return code;
}

static bh_code settle(fetching *f) {
    uint8_t wanted[SHA256_SIZE], digest[SHA256_SIZE];
    sha256_final(&f->sha, digest);
    if (!hex_parse(f->digest, wanted, sizeof(wanted)) || memcmp(wanted, digest, sizeof(wanted)) != 0)
        return BH_DATA_LOSS;
    return evidence_tmp_settle(f->by->folder, &f->tmp, f->digest) == 0 ? BH_OK : BH_RESOURCE_EXHAUSTED;
}

static bh_code fetch_from(const copies *c, const char *from, const char *digest) {
    fetching f = { .by = c, .from = from, .digest = digest, .began_ms = clock_mono_ms() };
    sha256_init(&f.sha);
    bh_code code = evidence_tmp_open(c->folder, &f.tmp) ? fetch_parts(&f) : BH_RESOURCE_EXHAUSTED;
    if (code == BH_OK)
        code = settle(&f);
    evidence_tmp_drop(c->folder, &f.tmp);
    log_event(code == BH_OK ? LOG_INFO : LOG_WARN, "evidence.fetched", "from=%s digest=%s size=%lld code=%s", from,
              digest, (long long) f.size, bh_code_name(code));
    return code;
}

bh_code copies_fetch(const copies *c, const char *digest) {
    bh_code found = BH_DATA_LOSS;
    for (size_t i = 0; i < c->n; i++) {
        bh_code code = fetch_from(c, c->others[i], digest);
        if (code == BH_OK)
            return BH_OK;
        /* Who says that it has no such file, or sends another one, has none. */
        if (code != BH_NOT_FOUND && code != BH_DATA_LOSS)
            found = BH_UNAVAILABLE;
    }
    return found;
}

static bh_err *offer_to(const copies *c, bh_call *call, const char *other, char *const *digests, size_t n) {
    Bh__FetchEvidenceRequest request = BH__FETCH_EVIDENCE_REQUEST__INIT;
    request.n_digests = n;
    request.digests = (char **) (uintptr_t) digests;
    ProtobufCMessage *message;
    return rpc_call_at(c->client, other, call, &bh__evidence_service__descriptor, "FetchEvidence", &request.base,
                       &message);
}

bool copies_offer(const copies *c, char *const *digests, size_t n, bool is_awaited) {
    bool is_done = true;
    for (size_t i = 0; i < c->n; i++) {
        bh_call *call = call_new("evidence", is_awaited ? AWAITED_MS : OFFER_MS);
        const bh_err *error = is_awaited && !rpc_client_is_ready(c->client, c->others[i])
                                  ? bh_fail(call, SERVICE_UNREACHABLE, c->others[i])
                                  : offer_to(c, call, c->others[i], digests, n);
        if (error)
            log_event(LOG_WARN, "evidence.not_copied", "to=%s files=%zu first=%s reason=%s", c->others[i], n,
                      digests[0], error->reason);
        is_done &= !error;
        call_free(call);
    }
    return is_done;
}

/* ---- asked by the others ---- */

/* Opens the file of a digest; -1 when it is none, or not here. Whatever else has its name keeps nobody waiting. */
static int open_digest(const copies *c, const char *digest) {
    uint8_t bytes[SHA256_SIZE];
    char path[EVIDENCE_PATH_SIZE];
    struct stat st;
    if (!hex_parse(digest, bytes, sizeof(bytes)))
        return -1;
    evidence_path(digest, path);
    int fd = openat(c->folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
        return fd;
    close(fd);
    return -1;
}

BH_RPC(EvidenceService, read_evidence, ReadEvidenceRequest, ReadEvidenceResponse) {
    int fd = open_digest(c->backend, req->digest);
    if (fd < 0)
        return bh_fail(c, NOT_FOUND_OBJECT, req->digest);
    resp->part.data = arena_alloc(c->mem, PART_SIZE);
    ssize_t n = pread(fd, resp->part.data, PART_SIZE, req->offset);
    close(fd);
    resp->part.len = n > 0 ? (size_t) n : 0; /* what cannot be read is missing there, and noticed by the digest */
    return NULL;
}

static bool is_here(const copies *by, const char *digest) {
    int fd = open_digest(by, digest);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

BH_RPC(EvidenceService, fetch_evidence, FetchEvidenceRequest, FetchEvidenceResponse) {
    for (size_t i = 0; i < req->n_digests; i++) {
        TRY(call_check(c));
        if (!is_here(c->backend, req->digests[i]) && copies_fetch(c->backend, req->digests[i]) != BH_OK)
            return bh_fail(c, EVIDENCE_AWAY, req->digests[i]);
    }
    return NULL;
}

/* ---- life ---- */

static Bh__EvidenceService_Service vtable = BH__EVIDENCE_SERVICE__INIT(rpc_);
static const rpc_rule rules[] = { { "ReadEvidence", RPC_PUBLIC, 0 }, { "FetchEvidence", RPC_PUBLIC, 0 } };
static const rpc_service offered = { .vtable = &vtable.base, .rules = rules, .rule_count = countof(rules) };

static bh_err *name_others(bh_call *call, copies *c, const char *names) {
    char *rest, *list = arena_strdup(call->mem, names);
    for (const char *name = strtok_r(list, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        if (c->n == COPIES_OTHERS_MAX)
            return bh_fail_why(call, BAD_FIELD, "BIHUAN_OTHERS", TOO_MANY, "15");
        c->others[c->n++] = name;
    }
    return NULL;
}

static void *serve(void *data) {
    rpc_server_run(data);
    return NULL;
}

bh_err *copies_open(bh_call *call, rpc_client *client, const copies_options *options, copies *ret_copies) {
    *ret_copies = (copies){ .client = client, .folder = options->folder, .size_max = options->size_max };
    TRY(name_others(call, ret_copies, options->others));
    if (!ret_copies->n)
        return NULL;
    rpc_server_options served = {
        .name = "gateway",
        .endpoint = options->endpoint,
        .key_file = options->key_file,
        .allow_file = options->allow_file,
        /* All others may have files fetched at once, for an upload and for a sweep, and each must still be read from.
         */
        .workers = WORKERS_MIN + 2 * (int) ret_copies->n,
        .backend = ret_copies,
    };
    TRY(rpc_server_open(call, &served, &offered, 1, &ret_copies->server));
    if (pthread_create(&ret_copies->thread, NULL, serve, ret_copies->server) != 0)
        return bh_fail(call, INTERNAL_ERROR, "no thread for the other gateways");
    return NULL;
}

void copies_close(copies *c) {
    if (!c->server)
        return;
    rpc_server_stop(c->server);
    pthread_join(c->thread, NULL);
    rpc_server_close(c->server);
}
