/* The few macros of the code base; each with an example. */
#pragma once

#include <stddef.h>

/* TRY(task_check(c, req)); returns the error of the expression to our caller, goes on when it is NULL. */
#define TRY(expr)                           \
    do {                                    \
        struct bh_err *try_error_ = (expr); \
        if (try_error_)                     \
            return try_error_;              \
    } while (0)

/* MUST bh_err *f(...); the compiler insists that the result is used. */
#define MUST __attribute__((warn_unused_result))

/* PRINTF(2, 3) void log_x(int level, const char *format, ...); the compiler checks the format. */
#define PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))

/* CLEANUP(fclose_p) FILE *f = ...; calls fclose_p(&f) when the scope ends. */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* for (size_t i = 0; i < countof(table); i++) */
#define countof(array) (sizeof(array) / sizeof((array)[0]))

/* static void job(void *data, UNUSED int tick) */
#define UNUSED __attribute__((unused))
