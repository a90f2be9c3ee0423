#include "journal.h"

#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/uuid.h"
#include "disk.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static void add_text(sha256_stream *s, const char *text) {
    sha256_update(s, text, strlen(text) + 1);
}

static char *path_of(app *a, const char *method, const ProtobufCMessage *request) {
    size_t n = protobuf_c_message_get_packed_size(request);
    uint8_t *bytes = arena_alloc(a->call->mem, n + 1), digest[SHA256_SIZE];
    protobuf_c_message_pack(request, bytes);
    sha256_stream s;
    sha256_init(&s);
    add_text(&s, a->server);
    add_text(&s, a->session.name);
    add_text(&s, method);
    sha256_update(&s, bytes, n);
    sha256_final(&s, digest);
    return disk_state_path(a, arena_printf(a->call->mem, "pending/%s", hex(a->call->mem, digest, sizeof(digest))));
}

journal_entry journal_find(app *a, const char *method, const ProtobufCMessage *bare_request) {
    journal_entry entry = { .path = path_of(a, method, bare_request) };
    const char *text = disk_recall(a, entry.path);
    const char *id = text ? disk_value(a, text, "request_id") : NULL;
    const char *version = text ? disk_value(a, text, "version") : NULL;
    uuid parsed;
    if (!id || !version || !uuid_parse(id, &parsed))
        return entry;
    entry.kept_ms = uuid_ms(parsed);
    if (a->call->now_ms - entry.kept_ms > (int64_t) JOURNAL_DAYS * DAY_MS) {
        journal_drop(&entry);
        return entry;
    }
    entry.request_id = id;
    entry.version = (int32_t) strtol(version, NULL, 10);
    return entry;
}

bh_err *journal_keep(app *a, const journal_entry *entry) {
    return disk_write(a, entry->path,
                      arena_printf(a->call->mem, "request_id=%s\nversion=%d\n", entry->request_id, entry->version));
}

void journal_drop(const journal_entry *entry) {
    unlink(entry->path);
}
