#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16, BLOCK_SIZE_MIN = 8192 };

typedef struct block {
    struct block *next;
    size_t size;
    size_t used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
} block;

typedef struct deferred {
    struct deferred *next;
    void (*release)(void *object);
    void *object;
} deferred;

struct arena {
    block *blocks;
    deferred *deferred;
    size_t used;
    size_t size_max;
};

static void die(const char *what) {
    fprintf(stderr, "fatal: %s\n", what);
    abort();
}

arena *arena_new(size_t size_max) {
    arena *mem = calloc(1, sizeof(*mem));
    if (!mem)
        die("out of memory");
    mem->size_max = size_max;
    return mem;
}

static void run_deferred(arena *mem) {
    for (deferred *d = mem->deferred; d; d = d->next)
        d->release(d->object);
    mem->deferred = NULL;
}

static void free_blocks(block *b) {
    while (b) {
        block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_free(arena *mem) {
    if (!mem)
        return;
    run_deferred(mem);
    free_blocks(mem->blocks);
    free(mem);
}

void arena_reset(arena *mem) {
    block *first = mem->blocks;
    run_deferred(mem);
    mem->used = 0;
    if (!first)
        return;
    free_blocks(first->next);
    first->next = NULL;
    if (first->size > BLOCK_SIZE_MIN) {
        free(first);
        mem->blocks = NULL;
        return;
    }
    memset(first->bytes, 0, first->used);
    first->used = 0;
}

static block *block_new(arena *mem, size_t size) {
    size_t room = size > BLOCK_SIZE_MIN ? size : BLOCK_SIZE_MIN;
    block *b = calloc(1, sizeof(*b) + room);
    if (!b)
        die("out of memory");
    b->size = room;
    b->next = mem->blocks;
    mem->blocks = b;
    return b;
}

void *arena_try_alloc(arena *mem, size_t size) {
    if (size > mem->size_max || mem->used > mem->size_max - size)
        return NULL;
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    block *b = mem->blocks;
    if (!b || b->size - b->used < rounded)
        b = block_new(mem, rounded);
    void *bytes = b->bytes + b->used;
    b->used += rounded;
    mem->used += rounded;
    return bytes;
}

void *arena_alloc(arena *mem, size_t size) {
    void *bytes = arena_try_alloc(mem, size);
    if (!bytes)
        die("an arena grew beyond its limit");
    return bytes;
}

void *arena_array(arena *mem, size_t n, size_t size) {
    if (size && n > SIZE_MAX / size)
        die("an array size overflows");
    return arena_alloc(mem, n * size);
}

void arena_defer(arena *mem, void (*release)(void *object), void *object) {
    deferred *d = arena_alloc(mem, sizeof(*d));
    *d = (deferred){ .next = mem->deferred, .release = release, .object = object };
    mem->deferred = d;
}

void *arena_memdup(arena *mem, const void *bytes, size_t n) {
    void *copy = arena_alloc(mem, n);
    if (n)
        memcpy(copy, bytes, n);
    return copy;
}

char *arena_strndup(arena *mem, const char *text, size_t n) {
    char *copy = arena_alloc(mem, n + 1);
    if (n)
        memcpy(copy, text, n);
    return copy;
}

char *arena_strdup(arena *mem, const char *text) {
    return arena_strndup(mem, text, strlen(text));
}

char *arena_vprintf(arena *mem, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        die("a format string failed");
    char *text = arena_alloc(mem, (size_t) n + 1);
    vsnprintf(text, (size_t) n + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(arena *mem, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(mem, format, args);
    va_end(args);
    return text;
}

/* Writes the sentence; to NULL it only counts. Returns its bytes. */
static size_t fill(char *to, const char *sentence, const char *const *words, size_t n) {
    size_t at = 0;
    for (const char *p = sentence; *p; p++) {
        bool is_word = p[0] == '%' && p[1] >= '1' && p[1] <= '9';
        size_t i = is_word ? (size_t) (p[1] - '1') : 0;
        const char *bytes = !is_word ? p : i < n && words[i] ? words[i] : "";
        size_t size = is_word ? strlen(bytes) : 1;
        if (to)
            memcpy(to + at, bytes, size);
        at += size;
        p += is_word;
    }
    return at;
}

char *arena_fill(arena *mem, const char *sentence, const char *const *words, size_t n) {
    char *text = arena_alloc(mem, fill(NULL, sentence, words, n) + 1);
    fill(text, sentence, words, n);
    return text;
}

size_t arena_used(const arena *mem) {
    return mem->used;
}
