#include "evidence.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "disk.h"
#include "remote.h"
#include "json/json.h"

static const struct {
    const char *end;
    const char *type;
} types[] = {
    { ".pdf", "application/pdf" },
    { ".png", "image/png" },
    { ".jpg", "image/jpeg" },
    { ".txt", "text/plain" },
    { ".csv", "text/csv" },
    { ".zip", "application/zip" },
    { ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    { ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
};

static const char *type_of(const char *path) {
    size_t n = strlen(path);
    for (size_t i = 0; i < countof(types); i++) {
        size_t m = strlen(types[i].end);
        if (n > m && strcasecmp(path + n - m, types[i].end) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bh_err *size_of(app *a, const char *path, FILE *file, size_t *ret_size) {
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (size < 0)
        return bh_fail(a->call, FILE_UNREADABLE, path, disk_why(a, errno));
    *ret_size = (size_t) size;
    return NULL;
}

bh_err *evidence_upload(app *a, const char *path, Bh__Evidence **ret_evidence) {
    CLEANUP(disk_close) FILE *file = NULL;
    size_t size;
    http_answer answer;
    TRY(disk_open(a, path, "rb", &file));
    TRY(size_of(a, path, file, &size));
    const http_request put = {
        .path = arena_printf(a->call->mem, "/evidence?name=%s&type=%s", http_escape(a, base_name(path)),
                             http_escape(a, type_of(path))),
        .type = "application/octet-stream",
        .upload = file,
        .body_size = size,
    };
    TRY(remote_exchange(a, &put, &answer));
    return json_parse(a->call, answer.body.s, answer.body.n, &bh__evidence__descriptor,
                      (ProtobufCMessage **) ret_evidence);
}

bh_err *evidence_digest(app *a, const char *file_or_digest, const char **ret_digest) {
    uint8_t digest[SHA256_SIZE];
    Bh__Evidence *evidence;
    *ret_digest = file_or_digest;
    if (strlen(file_or_digest) == (size_t) 2 * SHA256_SIZE && hex_parse(file_or_digest, digest, sizeof(digest)))
        return NULL;
    TRY(evidence_upload(a, file_or_digest, &evidence));
    *ret_digest = evidence->digest;
    return NULL;
}

bh_err *evidence_download(app *a, const char *digest, const char *path) {
    CLEANUP(disk_close) FILE *file = NULL;
    http_answer answer;
    TRY(disk_open(a, path, "wb", &file));
    const http_request get = { .path = arena_printf(a->call->mem, "/evidence/%s", digest), .save = file };
    TRY(remote_exchange(a, &get, &answer));
    if (fflush(file) != 0)
        return bh_fail(a->call, FILE_UNWRITABLE, path, disk_why(a, errno));
    return NULL;
}
