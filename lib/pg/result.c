#include "pg/result.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pg_result *result_new(PGresult *pq) {
    pg_result *result = malloc(sizeof(*result));
    if (!result)
        abort();
    result->pq = pq;
    atomic_init(&result->users, 1);
    return result;
}

pg_result *result_share(pg_result *result) {
    atomic_fetch_add(&result->users, 1);
    return result;
}

void result_drop(pg_result *result) {
    if (!result || atomic_fetch_sub(&result->users, 1) != 1)
        return;
    PQclear(result->pq);
    free(result);
}

static void drop_deferred(void *result) {
    result_drop(result);
}

void result_keep(bh_call *call, pg_result *result) {
    arena_defer(call->mem, drop_deferred, result);
}

pg_field result_field(const pg_result *result, int row, int column) {
    Oid oid = PQftype(result->pq, column);
    const pg_type *element = type_of_array_oid(oid);
    bool is_array = element->oid != 0;
    return (pg_field){
        .type = is_array ? element : type_of_oid(oid),
        .is_array = is_array,
        .is_null = PQgetisnull(result->pq, row, column),
        .bytes = PQgetvalue(result->pq, row, column),
        .size = PQgetlength(result->pq, row, column),
    };
}

/* A few columns: comparing their names is quicker than libpq's folding of case. */
static pg_field field_named(const pg_rows *rows, int row, const char *column) {
    assert(row >= 0 && row < rows->count);
    int columns = PQnfields(rows->result->pq);
    for (int i = 0; i < columns; i++)
        if (strcmp(PQfname(rows->result->pq, i), column) == 0)
            return result_field(rows->result, rows->first + row, i);
    fprintf(stderr, "fatal: a statement has no column %s\n", column);
    abort();
}

int64_t pg_get_int(const pg_rows *rows, int row, const char *column) {
    pg_field field = field_named(rows, row, column);
    return field.is_null ? 0 : type_to_int(field.type, field.bytes, field.size);
}

const char *pg_get_text(const pg_rows *rows, int row, const char *column) {
    pg_field field = field_named(rows, row, column);
    assert(!field.is_array);
    return field.is_null ? "" : type_to_text(rows->mem, field.type, field.bytes, field.size);
}

const uint8_t *pg_get_bytes(const pg_rows *rows, int row, const char *column, size_t *ret_size) {
    pg_field field = field_named(rows, row, column);
    *ret_size = field.is_null ? 0 : (size_t) field.size;
    return (const uint8_t *) field.bytes;
}

bool pg_is_null(const pg_rows *rows, int row, const char *column) {
    return field_named(rows, row, column).is_null;
}
