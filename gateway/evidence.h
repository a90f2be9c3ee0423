/* Evidence files: streamed to disk and known by their SHA-256, streamed back only when they still match it. */
#pragma once

#include "ask.h"
#include "base/hash.h"
#include "copies.h"
#include "disk.h"

enum {
    EVIDENCE_DIGEST_DIGITS = 2 * SHA256_SIZE,
    EVIDENCE_PATH_SIZE = EVIDENCE_DIGEST_DIGITS + 2,
    EVIDENCE_ASIDE_SIZE = EVIDENCE_DIGEST_DIGITS + 7,
    EVIDENCE_TMP_SIZE = 40,
};

/* A folder with tmp/ for uploads, aa/bb... for what is complete, aside/ for what nobody knows (sweep.h). */
typedef struct evidence_store {
    asker *asker;
    disk *disk;
    disk *network; /* what waits for other gateways */
    const copies *copies;
    int folder;
    int64_t size_max; /* bytes of one file */
} evidence_store;

/* Opens the folder, makes what is missing. */
MUST bh_err *evidence_open(bh_call *call, const char *folder, evidence_store *store);
/* "aa/bb..." of a digest in hex. */
void evidence_path(const char *digest, char ret_path[EVIDENCE_PATH_SIZE]);

/* A file that is not complete yet, in tmp/. */
typedef struct evidence_tmp {
    int fd;                       /* -1: none */
    char path[EVIDENCE_TMP_SIZE]; /* "": none */
} evidence_tmp;

/* False with errno when the disk refuses. */
bool evidence_tmp_open(int folder, evidence_tmp *ret_tmp);
bool evidence_tmp_write(const evidence_tmp *tmp, const void *bytes, size_t n);
/* Puts the file in its place, so that it is there whatever happens; 0 or errno. */
int evidence_tmp_settle(int folder, evidence_tmp *tmp, const char *digest);
/* Gives the disk back what a file that did not become one took of it. */
void evidence_tmp_drop(int folder, evidence_tmp *tmp);

/* PUT /evidence?name=NAME&type=MEDIA-TYPE: takes the body, answers {"digest":...,"size":...}. */
void evidence_put(evidence_store *store, http_stream *s);
/* GET /evidence/DIGEST: an attachment, never an active type. */
void evidence_get(evidence_store *store, http_stream *s, const char *digest);
