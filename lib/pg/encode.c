#include "pg/encode.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

/* One element of an array literal, quoted. */
static void literal_add(buf *out, const char *text) {
    buf_addc(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_addc(out, '\\');
        buf_addc(out, *p);
    }
    buf_addc(out, '"');
}

static const char *ints_literal(arena *mem, const int32_t *values, size_t n) {
    buf out;
    buf_init(&out, mem);
    buf_addc(&out, '{');
    for (size_t i = 0; i < n; i++)
        buf_addf(&out, i ? ",%d" : "%d", values[i]);
    buf_addc(&out, '}');
    return out.s;
}

static const char *texts_literal(arena *mem, const char *const *values, size_t n) {
    buf out;
    buf_init(&out, mem);
    buf_addc(&out, '{');
    for (size_t i = 0; i < n; i++) {
        buf_adds(&out, i ? "," : "");
        literal_add(&out, values[i]);
    }
    buf_addc(&out, '}');
    return out.s;
}

/* The form in which PostgreSQL reads any type; the server checks what it says. */
static const char *value_text(arena *mem, pg_value value) {
    switch (value.kind) {
    case PG_BOOL:
        return value.number ? "t" : "f";
    case PG_INT:
        return arena_printf(mem, "%lld", (long long) value.number);
    case PG_DATE:
        return date_text(mem, value.number);
    case PG_UUID:
        return uuid_text(mem, *(const uuid *) value.bytes);
    case PG_INTS:
        return ints_literal(mem, value.bytes, value.size);
    case PG_TEXTS:
        return texts_literal(mem, value.bytes, value.size);
    case PG_TEXT:
        return value.bytes;
    case PG_NULL:
    case PG_BYTES:
        break;
    }
    assert(!"this kind has no text form");
    return NULL;
}

static pg_piece text_piece(arena *mem, pg_value value) {
    const char *text = value_text(mem, value);
    return (pg_piece){ .bytes = text, .size = strlen(text) };
}

/* A number that does not fit would be cut silently in binary form. */
static bh_err *integer_piece(bh_call *call, const pg_param *param, const pg_type *type, pg_value value,
                             pg_piece *ret_piece) {
    assert(value.kind == PG_INT || value.kind == PG_BOOL);
    int64_t n;
    if (__builtin_sub_overflow(value.number, type->epoch, &n) || __builtin_mul_overflow(n, type->unit, &n))
        return bh_fail_why(call, BAD_FIELD, param->name, NUMBER_TOO_LARGE);
    char *bytes = arena_alloc(call->mem, sizeof(int64_t));
    put_be(bytes, n, type->bytes);
    if (get_be(bytes, type->bytes) != n)
        return bh_fail_why(call, BAD_FIELD, param->name, NUMBER_TOO_LARGE);
    *ret_piece = (pg_piece){ .bytes = bytes, .size = (size_t) type->bytes, .binary = true };
    return NULL;
}

static bh_err *uuid_piece(bh_call *call, const pg_param *param, pg_value value, pg_piece *ret_piece) {
    uuid id;
    if (value.kind == PG_UUID)
        memcpy(id.b, value.bytes, UUID_SIZE);
    else if (value.kind != PG_TEXT || !uuid_parse(value.bytes, &id))
        return bh_fail_why(call, BAD_FIELD, param->name, NOT_UUID);
    *ret_piece = (pg_piece){ .bytes = arena_memdup(call->mem, id.b, UUID_SIZE), .size = UUID_SIZE, .binary = true };
    return NULL;
}

static pg_piece bytes_piece(arena *mem, pg_value value) {
    assert(value.kind == PG_BYTES);
    /* A NULL pointer would mean SQL null. */
    const char *bytes = value.size ? value.bytes : arena_strdup(mem, "");
    return (pg_piece){ .bytes = bytes, .size = value.size, .binary = true };
}

static pg_piece raw_piece(arena *mem, pg_value value, const char *prefix) {
    pg_piece piece = text_piece(mem, value);
    if (*prefix) {
        piece.bytes = arena_printf(mem, "%s%s", prefix, piece.bytes);
        piece.size += strlen(prefix);
    }
    piece.binary = true;
    return piece;
}

bh_err *piece_encode(bh_call *call, const pg_param *param, const pg_type *type, pg_value value, pg_piece *ret_piece) {
    *ret_piece = (pg_piece){ 0 };
    if (value.kind == PG_NULL)
        return NULL;
    switch (type->form) {
    case FORM_INTEGER:
        return integer_piece(call, param, type, value, ret_piece);
    case FORM_UUID:
        return uuid_piece(call, param, value, ret_piece);
    case FORM_BYTES:
        *ret_piece = bytes_piece(call->mem, value);
        return NULL;
    case FORM_RAW:
        *ret_piece = raw_piece(call->mem, value, "");
        return NULL;
    case FORM_JSONB:
        *ret_piece = raw_piece(call->mem, value, "\1");
        return NULL;
    case FORM_DATE:
    case FORM_NUMERIC:
    case FORM_TEXT:
        *ret_piece = text_piece(call->mem, value);
        return NULL;
    }
    return NULL;
}

/* The binary form of a one-dimensional array: int32 dimensions, null flag, element oid, length, lower bound. */
static pg_piece join_binary(arena *mem, const pg_type *element, const pg_piece *const *pieces, size_t n, size_t k) {
    enum { HEAD = 20, WORD = 4 };
    size_t size = HEAD;
    for (size_t i = 0; i < n; i++)
        size += WORD + pieces[i][k].size;
    char *bytes = arena_alloc(mem, size);
    char *at = bytes + HEAD;
    bool has_null = false;
    for (size_t i = 0; i < n; i++) {
        const pg_piece *piece = &pieces[i][k];
        has_null |= !piece->bytes;
        put_be(at, piece->bytes ? (int64_t) piece->size : -1, WORD);
        if (piece->bytes)
            memcpy(at + WORD, piece->bytes, piece->size);
        at += WORD + piece->size;
    }
    const int64_t head[] = { 1, has_null, element->oid, (int64_t) n, 1 };
    for (size_t i = 0; i < countof(head); i++)
        put_be(bytes + i * WORD, head[i], WORD);
    return (pg_piece){ .bytes = bytes, .size = size, .binary = true };
}

/* Types that are written as text travel as an array literal. */
static pg_piece join_text(arena *mem, const pg_piece *const *pieces, size_t n, size_t k) {
    buf out;
    buf_init(&out, mem);
    buf_addc(&out, '{');
    for (size_t i = 0; i < n; i++) {
        buf_adds(&out, i ? "," : "");
        if (pieces[i][k].bytes)
            literal_add(&out, pieces[i][k].bytes);
        else
            buf_adds(&out, "null");
    }
    buf_addc(&out, '}');
    return (pg_piece){ .bytes = out.s, .size = out.n };
}

pg_piece pieces_join(arena *mem, const pg_type *element, const pg_piece *const *pieces, size_t n, size_t k) {
    bool is_text = element->form == FORM_DATE || element->form == FORM_NUMERIC || element->form == FORM_TEXT;
    return is_text ? join_text(mem, pieces, n, k) : join_binary(mem, element, pieces, n, k);
}
