/* A progress bar on stderr, on a terminal only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct progress {
    size_t done;
    size_t total;
    int64_t start_ms;
    int64_t shown_ms; /* last time it was drawn */
} progress;

void progress_begin(progress *p, size_t total);
/* n more are done; drawn at most ten times a second. */
void progress_step(progress *p, size_t n);
/* Clears the line. */
void progress_end(progress *p);
