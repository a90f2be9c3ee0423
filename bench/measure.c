#include "bench/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    exit(1);
}

double now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

double cpu_us(pid_t pid) {
    clockid_t clock;
    struct timespec used;
    must(clock_getcpuclockid(pid, &clock) == 0, "no processor clock");
    clock_gettime(clock, &used);
    return (double) used.tv_sec * 1e6 + (double) used.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b) {
    double left = *(const double *) a, right = *(const double *) b;
    return (left > right) - (left < right);
}

double percentile(double *values, size_t n, int percent) {
    if (n == 0)
        return 0;
    qsort(values, n, sizeof(*values), ascending);
    return values[n * (size_t) percent / 100];
}

double median(double *values, size_t n) {
    return percentile(values, n, 50);
}
