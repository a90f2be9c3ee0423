/* Runs a fuzz target over its corpus and over mutations of it: what libFuzzer found once stays found. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

enum { INPUT_MAX = 1 << 20, FILES_MAX = 10000, MUTANTS = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static uint64_t seed = 1;

/* splitmix64: the same mutations on every run. */
static uint64_t draw(uint64_t below) {
    uint64_t z = seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % below;
}

/* A copy of its own for every run, so that the sanitizer sees a read behind the end. */
static void run(const uint8_t *bytes, size_t n) {
    uint8_t *copy = malloc(n ? n : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

/* Changes a few bytes, cuts the end off, or doubles a part. */
static size_t mutate(uint8_t *bytes, size_t n) {
    for (uint64_t changes = draw(4); n && changes > 0; changes--)
        bytes[draw(n)] = (uint8_t) (draw(2) ? draw(256) : (uint64_t) "\0\xff\x7f\x80{}[]\"\\"[draw(10)]);
    if (n && draw(4) == 0)
        return draw(n);
    size_t part = n ? draw(n) + 1 : 0, at = n ? draw(n - part + 1) : 0;
    if (n + part > INPUT_MAX || draw(2))
        return n;
    memmove(bytes + at + part, bytes + at, n - at);
    return n + part;
}

static void run_file(const char *folder, const char *name) {
    static uint8_t bytes[INPUT_MAX], mutant[INPUT_MAX];
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rbe");
    if (!file)
        return;
    size_t n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    run(bytes, n);
    for (int i = 0; i < MUTANTS; i++) {
        memcpy(mutant, bytes, n);
        run(mutant, mutate(mutant, n));
    }
}

int main(int argc, char **argv) {
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 2;
    }
    int files = 0;
    for (const struct dirent *entry; files < FILES_MAX && (entry = readdir(folder)) != NULL;)
        if (entry->d_name[0] != '.') {
            run_file(argv[1], entry->d_name);
            files++;
        }
    closedir(folder);
    printf("%d files, %d mutants of each\n", files, MUTANTS);
    return files ? 0 : 1;
}
