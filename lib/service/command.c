#include "service/command.h"

#include <string.h>

#include "domain/leaf.h"

enum { DAY_MS = 24 * 3600 * 1000, FUTURE_MAX_MS = 5 * 60 * 1000 };
static const int64_t age_max_ms = (int64_t) 29 * DAY_MS;

static void hash_int(sha256_stream *s, int32_t value) {
    uint8_t bytes[4] = { (uint8_t) (value >> 24), (uint8_t) (value >> 16), (uint8_t) (value >> 8), (uint8_t) value };
    sha256_update(s, bytes, sizeof(bytes));
}

static void fingerprint(const bh_call *call, uint8_t ret_digest[SHA256_SIZE]) {
    sha256_stream s;
    sha256_init(&s);
    sha256_update(&s, call->method, strlen(call->method) + 1);
    hash_int(&s, call->who.user_id);
    hash_int(&s, call->who.unit_id);
    hash_int(&s, call->who.post);
    sha256_update(&s, call->payload, call->payload_size);
    sha256_final(&s, ret_digest);
}

bh_err *command_begin(bh_call *call, const char *request_id, command *ret_command) {
    command cmd;
    if (!uuid_parse(request_id, &cmd.key) || !uuid_is_v7(cmd.key))
        return bh_fail(call, REQUEST_ID_MISSING);
    int64_t age_ms = call->now_ms - uuid_ms(cmd.key);
    if (age_ms > age_max_ms)
        return bh_fail(call, REQUEST_ID_TOO_OLD);
    if (age_ms < -FUTURE_MAX_MS)
        return bh_fail(call, REQUEST_ID_FROM_FUTURE);
    fingerprint(call, cmd.fingerprint);
    *ret_command = cmd;
    return NULL;
}

command command_for(const command *bulk, const char *object_id) {
    command one = *bulk;
    uuid derived = uuid_derive(bulk->key, object_id);
    /* The first 6 bytes keep the time, so that the derived key lands in the same partition and window. */
    memcpy(one.key.b + 6, derived.b + 6, sizeof(derived.b) - 6);
    return one;
}

pg_value command_leaf(bh_call *call, const command *cmd, const char *object_type, const char *object_id,
                      int32_t version, const char *action, const char *note) {
    leaf entry = {
        .site_id = call->site_id,
        .object_type = object_type,
        .object_id = object_id,
        .version = version,
        .action = action,
        .user_id = call->who.user_id,
        .unit_id = call->who.unit_id,
        .post = call->who.post,
        .leader_id = call->who.leader_id,
        .time_ms = call->now_ms,
        .request_id = cmd->key,
        .note = note,
    };
    memcpy(entry.fingerprint, cmd->fingerprint, sizeof(entry.fingerprint));
    size_t n;
    uint8_t *body = leaf_body(call->mem, &entry, &n);
    return pg_bytes(body, n);
}

/* A copy without the command's id: the same content said again has the same digest. */
static ProtobufCMessage *without_id(bh_call *call, const ProtobufCMessage *request) {
    const ProtobufCMessageDescriptor *type = request->descriptor;
    char *copy = arena_alloc(call->mem, type->sizeof_message);
    memcpy(copy, request, type->sizeof_message);
    *(const char **) (copy + protobuf_c_message_descriptor_get_field_by_name(type, "request_id")->offset) = "";
    return (ProtobufCMessage *) copy;
}

pg_value command_content(bh_call *call, const ProtobufCMessage *request) {
    const ProtobufCMessage *content = without_id(call, request);
    size_t n = protobuf_c_message_get_packed_size(content);
    uint8_t *bytes = arena_alloc(call->mem, n + 1), *digest = arena_alloc(call->mem, SHA256_SIZE);
    protobuf_c_message_pack(content, bytes);
    sha256(bytes, n, digest);
    return pg_bytes(digest, SHA256_SIZE);
}

bh_err *command_outcome(bh_call *call, const command *cmd, const pg_rows *rows, const char *object) {
    switch ((command_answer) pg_get_int(rows, 0, "outcome")) {
    case OUTCOME_NOT_FOUND:
        return bh_fail(call, NOT_FOUND_OBJECT, object);
    case OUTCOME_STALE:
        return bh_fail(call, STALE_VERSION, object,
                       arena_printf(call->mem, "%d", (int) pg_get_int(rows, 0, "version")));
    case OUTCOME_KEY_REUSED:
        return bh_fail(call, REQUEST_ID_REUSED, uuid_text(call->mem, cmd->key));
    case OUTCOME_OK:
    case OUTCOME_DUPLICATE:
    case OUTCOME_REFUSED:
        break;
    }
    return NULL;
}
