#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t read_ms(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#ifdef BIHUAN_TEST_CLOCK
static int64_t test_offset_ms(void) {
    const char *path = getenv("BIHUAN_CLOCK_FILE");
    FILE *file = path ? fopen(path, "re") : NULL;
    if (!file)
        return 0;
    char text[32] = "";
    size_t n = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    return n ? strtoll(text, NULL, 10) : 0;
}
#else
static int64_t test_offset_ms(void) {
    return 0;
}
#endif

int64_t clock_now_ms(void) {
    return read_ms(CLOCK_REALTIME) + test_offset_ms();
}

int64_t clock_mono_ms(void) {
    return read_ms(CLOCK_MONOTONIC);
}
