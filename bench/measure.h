/* What every benchmark does: give up, look at the clocks, take the middle of values. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Ends the program with the sentence unless `good`. */
void must(bool good, const char *what);
/* Microseconds of a clock that only goes forward. */
double now_us(void);
/* Processor time of a process so far; 0 is this one. */
double cpu_us(pid_t pid);
/* The value below which `percent` of the n values lie; sorts them; 0 for none. */
double percentile(double *values, size_t n, int percent);
double median(double *values, size_t n);
