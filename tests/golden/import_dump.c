/* import_dump FILE: the JSON object of an imported text on standard output; for the golden tests. */
#include <stdio.h>
#include <stdlib.h>

#include "import/import.h"

static size_t read_file(const char *path, char *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    size_t n = fread(bytes, 1, room, file);
    fclose(file);
    return n;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: import_dump FILE\n");
        return 2;
    }
    arena *mem = arena_new(2 * IMPORT_TEXT_MAX);
    char *bytes = arena_alloc(mem, IMPORT_TEXT_MAX + 1);
    size_t n = read_file(argv[1], bytes, IMPORT_TEXT_MAX + 1);
    bh_call c = { .mem = mem };
    import_document document;
    bh_err *error = import_parse(&c, bytes, n, &document);
    if (error)
        fprintf(stderr, "%s: %s\n", error->reason, error->en);
    else
        puts(import_write_json(&document));
    arena_free(mem);
    return error ? 1 : 0;
}
