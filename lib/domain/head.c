#include "domain/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static const char MAGIC[] = "bihuan-audit-head/1";

static void put_hash(buf *out, const char *key, const merkle_hash *hash) {
    buf_addf(out, "%s%s\n", key, hex(out->mem, hash->b, sizeof(hash->b)));
}

void head_write(buf *out, const log_head *head) {
    size_t start = out->n;
    merkle_hash digest;
    buf_addf(out, "%s\norigin %s\nsize %llu\ntime_ms %lld\nblocks %zu\n", MAGIC, head->origin,
             (unsigned long long) head->size, (long long) head->time_ms, head->block_count);
    put_hash(out, "root ", &head->root);
    for (size_t i = 0; i < head->block_count; i++)
        put_hash(out, "", &head->blocks[i]);
    sha256(out->s + start, out->n - start, digest.b);
    put_hash(out, "sha256 ", &digest);
}

/* Lines not yet read, each ended by a newline. */
typedef struct cursor {
    char *next;
} cursor;

/* The rest of the next line when it begins with the key, else NULL. */
static const char *take(cursor *in, const char *key) {
    char *line = strsep(&in->next, "\n");
    size_t n = strlen(key);
    return line && in->next && strncmp(line, key, n) == 0 ? line + n : NULL;
}

static bool take_text(cursor *in, const char *key, const char **ret_text) {
    *ret_text = take(in, key);
    return *ret_text && **ret_text && strlen(*ret_text) <= HEAD_ORIGIN_MAX;
}

static bool take_number(cursor *in, const char *key, uint64_t most, uint64_t *ret_number) {
    enum { DIGITS_MAX = 18 };
    const char *text = take(in, key);
    size_t n = text ? strspn(text, "0123456789") : 0;
    if (n == 0 || n > DIGITS_MAX || text[n])
        return false;
    *ret_number = strtoull(text, NULL, 10);
    return *ret_number <= most;
}

static bool take_hash(cursor *in, const char *key, merkle_hash *ret_hash) {
    const char *text = take(in, key);
    return text && hex_parse(text, ret_hash->b, sizeof(ret_hash->b));
}

static bool take_blocks(arena *mem, cursor *in, log_head *head) {
    merkle_hash *blocks = arena_try_alloc(mem, head->block_count * sizeof(*blocks));
    if (!blocks)
        return false;
    for (size_t i = 0; i < head->block_count; i++)
        if (!take_hash(in, "", &blocks[i]))
            return false;
    head->blocks = blocks;
    return true;
}

/* The digest covers everything before its own line. */
static bool is_unchanged(const char *text, size_t n) {
    enum { LAST_LINE = sizeof("sha256 ") - 1 + 2 * SHA256_SIZE + 1 };
    merkle_hash digest, stated;
    if (n < LAST_LINE || text[n - 1] != '\n')
        return false;
    char digits[2 * SHA256_SIZE + 1] = "";
    memcpy(digits, text + n - 1 - 2 * SHA256_SIZE, 2 * SHA256_SIZE);
    sha256(text, n - LAST_LINE, digest.b);
    return hex_parse(digits, stated.b, sizeof(stated.b)) && memcmp(digest.b, stated.b, sizeof(digest.b)) == 0;
}

static bool take_numbers(cursor *in, log_head *head) {
    uint64_t time_ms, blocks;
    if (!take_number(in, "size ", INT64_MAX, &head->size) || !take_number(in, "time_ms ", INT64_MAX, &time_ms) ||
        !take_number(in, "blocks ", HEAD_BLOCKS_MAX, &blocks))
        return false;
    head->time_ms = (int64_t) time_ms;
    head->block_count = blocks;
    return blocks == head->size / MERKLE_BLOCK;
}

bool head_parse(arena *mem, const char *text, size_t n, log_head *ret_head) {
    merkle_hash digest;
    *ret_head = (log_head){ 0 };
    if (!is_unchanged(text, n) || !utf8_is_valid(text, n))
        return false;
    cursor in = { arena_strndup(mem, text, n) };
    const char *magic = take(&in, MAGIC);
    return magic && !*magic && take_text(&in, "origin ", &ret_head->origin) && take_numbers(&in, ret_head) &&
           take_hash(&in, "root ", &ret_head->root) && take_blocks(mem, &in, ret_head) &&
           take_hash(&in, "sha256 ", &digest) && !*in.next;
}

/* The complete subtrees of whole blocks along the right edge are the uppermost siblings of the last entry, the largest
 * on top. */
bool head_fits(const log_head *head, const merkle_hash *last, const merkle_hash *path, size_t n) {
    merkle_edge blocks = { 0 };
    merkle_hash edge[MERKLE_HEIGHTS], root;
    for (size_t i = 0; i < head->block_count; i++)
        merkle_append(&blocks, &head->blocks[i], NULL, NULL);
    if (head->block_count != head->size / MERKLE_BLOCK)
        return false;
    if (head->size % MERKLE_BLOCK == 0) {
        root = merkle_root(&blocks);
        return memcmp(root.b, head->root.b, sizeof(root.b)) == 0;
    }
    size_t count = merkle_edge_hashes(&blocks, edge);
    if (count > n || !merkle_verify(last, head->size - 1, head->size, path, n, &head->root))
        return false;
    for (size_t i = 0; i < count; i++)
        if (memcmp(edge[i].b, path[n - 1 - i].b, sizeof(edge[i].b)) != 0)
            return false;
    return true;
}
