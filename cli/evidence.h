/* Evidence files: up and down. */
#pragma once

#include "app.h"
#include "bihuan/v1/progress.pb-c.h"

/* Uploads a file; the answer has its digest and size. Errors: FILE_UNREADABLE and the server's. */
MUST bh_err *evidence_upload(app *a, const char *path, Bh__Evidence **ret_evidence);
/* The digest of a file, uploaded first; 64 hex digits are taken as the digest itself. */
MUST bh_err *evidence_digest(app *a, const char *file_or_digest, const char **ret_digest);
/* Writes the file with this digest to `path`, "-" is stdout. Errors: FILE_UNWRITABLE and the server's. */
MUST bh_err *evidence_download(app *a, const char *digest, const char *path);
