/* Memory of one call: allocate freely, free once. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

typedef struct arena arena;

/* A new arena that may hold `size_max` bytes; arena_free accepts NULL and runs the deferred calls in reverse order. */
arena *arena_new(size_t size_max);
void arena_free(arena *mem);

/* As good as freed and made anew, but keeps one small block: for the next call of the same worker. */
void arena_reset(arena *mem);

/* Zeroed, 16-byte aligned memory; never NULL: beyond size_max the process ends (bound the input first). */
void *arena_alloc(arena *mem, size_t size);
/* Zeroed memory for n objects of one size; n * size must not overflow. */
void *arena_array(arena *mem, size_t n, size_t size);
/* The same for hostile input: NULL when size_max would be exceeded. */
void *arena_try_alloc(arena *mem, size_t size);

/* Calls release(object) when the arena is freed. */
void arena_defer(arena *mem, void (*release)(void *object), void *object);

/* Copies into the arena, always NUL-terminated. */
char *arena_strdup(arena *mem, const char *text);
char *arena_strndup(arena *mem, const char *text, size_t n);
void *arena_memdup(arena *mem, const void *bytes, size_t n);
PRINTF(2, 3) char *arena_printf(arena *mem, const char *format, ...);
char *arena_vprintf(arena *mem, const char *format, va_list args);
/* The sentence with its %1..%9 replaced by words; one beyond n, or NULL, stays empty. */
char *arena_fill(arena *mem, const char *sentence, const char *const *words, size_t n);

/* Bytes handed out so far. */
size_t arena_used(const arena *mem);
