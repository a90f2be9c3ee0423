/* The command's own files: where they live, read whole, written so that nobody else can read them. */
#pragma once

#include <stdio.h>

#include "app.h"

enum { DISK_FILE_MAX = 16 << 20 };

/* A path below the configuration ($XDG_CONFIG_HOME/bihuan) or state ($XDG_STATE_HOME/bihuan) folder. */
char *disk_config_path(app *a, const char *below);
char *disk_state_path(app *a, const char *below);
/* What the errno means, in the reader's language where we have words for it. */
const char *disk_why(const app *a, int code);

/* The whole file as text (NUL-terminated, its size in ret_n unless NULL); "-" is standard input.
 * Errors: FILE_UNREADABLE (also for more than DISK_FILE_MAX bytes). */
MUST bh_err *disk_read(app *a, const char *path, char **ret_text, size_t *ret_n);
/* As disk_read, for a file of our own; NULL when it is not there or not readable. */
char *disk_recall(app *a, const char *path);
/* Replaces the file at once and durably, mode 0600, folders 0700. Errors: FILE_UNWRITABLE. */
MUST bh_err *disk_write(app *a, const char *path, const char *text);
/* Opens a file the user named; whatever happens, disk_close follows. Errors: FILE_UNREADABLE, FILE_UNWRITABLE,
 * IS_FOLDER. */
MUST bh_err *disk_open(app *a, const char *path, const char *mode, FILE **ret_file);
void disk_close(FILE **file);

/* The rest of the line "key=..." in such a file, or NULL. */
char *disk_value(app *a, const char *text, const char *key);
/* A name that is safe as a file's: letters, digits, dot, dash; the rest becomes "_". */
char *disk_name(app *a, const char *text);
