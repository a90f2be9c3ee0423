#include "domain/leaf.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/utf8.h"

static const char MAGIC[] = "bihuan-audit/1"; /* with its NUL */

typedef enum field_kind { FIELD_INT, FIELD_TEXT, FIELD_BYTES } field_kind;

typedef struct field {
    field_kind kind;
    size_t offset;
    size_t size; /* of an integer or of fixed bytes */
} field;

#define FIELD(kind, name) \
    { kind, offsetof(leaf, name), sizeof(((leaf *) 0)->name) }

/* The layout. Writer and reader walk the same table, so they cannot drift apart. */
static const field fields[] = {
    FIELD(FIELD_INT, site_id), FIELD(FIELD_TEXT, object_type), FIELD(FIELD_TEXT, object_id),
    FIELD(FIELD_INT, version), FIELD(FIELD_TEXT, action),      FIELD(FIELD_INT, user_id),
    FIELD(FIELD_INT, unit_id), FIELD(FIELD_INT, post),         FIELD(FIELD_INT, leader_id),
    FIELD(FIELD_INT, time_ms), FIELD(FIELD_BYTES, request_id), FIELD(FIELD_BYTES, fingerprint),
    FIELD(FIELD_TEXT, note),
};

static void put_int(buf *b, int64_t value, size_t size) {
    for (size_t i = size; i > 0; i--)
        buf_addc(b, (char) ((uint64_t) value >> (8 * (i - 1)) & 0xff));
}

static int64_t int_at(const void *slot, size_t size) {
    return size == sizeof(int64_t) ? *(const int64_t *) slot : *(const int32_t *) slot;
}

static void put_text(buf *b, const char *text) {
    size_t n = strlen(text);
    assert(n <= UINT16_MAX);
    put_int(b, (int64_t) n, 2);
    buf_add(b, text, n);
}

static void put(buf *b, const field *f, const void *slot) {
    if (f->kind == FIELD_INT)
        put_int(b, int_at(slot, f->size), f->size);
    else if (f->kind == FIELD_TEXT)
        put_text(b, *(const char *const *) slot);
    else
        buf_add(b, slot, f->size);
}

uint8_t *leaf_body(arena *mem, const leaf *entry, size_t *ret_n) {
    buf b;
    buf_init(&b, mem);
    buf_add(&b, MAGIC, sizeof(MAGIC));
    for (size_t i = 0; i < countof(fields); i++)
        put(&b, &fields[i], (const char *) entry + fields[i].offset);
    *ret_n = b.n;
    return (uint8_t *) b.s;
}

/* Bytes not yet read. */
typedef struct cursor {
    arena *mem;
    const uint8_t *next;
    size_t left;
} cursor;

static bool take(cursor *in, void *ret_bytes, size_t n) {
    if (n > in->left)
        return false;
    memcpy(ret_bytes, in->next, n);
    in->next += n;
    in->left -= n;
    return true;
}

static bool take_int(cursor *in, size_t size, uint64_t *ret_value) {
    uint8_t bytes[sizeof(uint64_t)];
    *ret_value = 0;
    if (!take(in, bytes, size))
        return false;
    for (size_t i = 0; i < size; i++)
        *ret_value = *ret_value << 8 | bytes[i];
    return true;
}

static bool take_number(cursor *in, const field *f, void *slot) {
    uint64_t value;
    if (!take_int(in, f->size, &value))
        return false;
    if (f->size == sizeof(int64_t))
        *(int64_t *) slot = (int64_t) value;
    else
        *(int32_t *) slot = (int32_t) (uint32_t) value;
    return true;
}

static bool take_text(cursor *in, const char **ret_text) {
    uint64_t n;
    if (!take_int(in, 2, &n) || n > in->left || !utf8_is_valid((const char *) in->next, n))
        return false;
    char *text = arena_alloc(in->mem, n + 1);
    *ret_text = text;
    return take(in, text, n);
}

static bool take_field(cursor *in, const field *f, void *slot) {
    if (f->kind == FIELD_INT)
        return take_number(in, f, slot);
    if (f->kind == FIELD_TEXT)
        return take_text(in, slot);
    return take(in, slot, f->size);
}

bool leaf_parse(arena *mem, const uint8_t *bytes, size_t n, leaf *ret_entry, uint8_t ret_previous[SHA256_SIZE]) {
    cursor in = { .mem = mem, .next = bytes, .left = n };
    char magic[sizeof(MAGIC)];
    *ret_entry = (leaf){ 0 };
    if (!take(&in, magic, sizeof(magic)) || memcmp(magic, MAGIC, sizeof(magic)) != 0)
        return false;
    for (size_t i = 0; i < countof(fields); i++)
        if (!take_field(&in, &fields[i], (char *) ret_entry + fields[i].offset))
            return false;
    return take(&in, ret_previous, SHA256_SIZE) && in.left == 0;
}

void leaf_hash(const uint8_t *bytes, size_t n, uint8_t ret_hash[SHA256_SIZE]) {
    sha256_stream s;
    sha256_init(&s);
    sha256_update(&s, "\0", 1);
    sha256_update(&s, bytes, n);
    sha256_final(&s, ret_hash);
}
