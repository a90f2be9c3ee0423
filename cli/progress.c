#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { BAR = 24, REDRAW_MS = 100 };

void progress_begin(progress *p, size_t total) {
    *p = (progress){ .total = total, .start_ms = clock_mono_ms() };
}

/* [=====>      ] 41/133 31% 00:07 */
static void draw(const progress *p, int64_t now_ms) {
    size_t filled = p->done * BAR / p->total;
    int64_t seconds = (now_ms - p->start_ms) / 1000;
    fprintf(stderr, "\r[");
    for (size_t i = 0; i < BAR; i++)
        fputc(i < filled ? '=' : i == filled ? '>' : ' ', stderr);
    fprintf(stderr, "] %zu/%zu %zu%% %02d:%02d", p->done, p->total, p->done * 100 / p->total, (int) (seconds / 60),
            (int) (seconds % 60));
    fflush(stderr);
}

void progress_step(progress *p, size_t n) {
    int64_t now_ms = clock_mono_ms();
    p->done += n;
    if (!p->total || !isatty(STDERR_FILENO) || now_ms - p->shown_ms < REDRAW_MS)
        return;
    p->shown_ms = now_ms;
    draw(p, now_ms);
}

void progress_end(progress *p) {
    if (p->shown_ms)
        fprintf(stderr, "\r\033[K");
}
