#include "connect.h"

#include "base/clock.h"
#include "base/hash.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "refuse.h"
#include "routes.h"
#include "rpc/guard.h"
#include "session.h"
#include "json/json.h"

/* Bodies have memory beside the call's: text may be many times as long as the bytes it stands for. */
enum { BODY_MEMORY_MAX = 4 * CONNECT_BODY_MAX, REPLY_MEMORY_MAX = 256 << 20 };

/* One unary call on its way. */
typedef struct unary {
    asker *by;
    route route;
    bool is_json;
    buf body;
} unary;

static void release_arena(void *mem) {
    arena_free(mem);
}

static void own_buffer(http_stream *s, buf *ret_buffer, size_t memory_max) {
    arena *mem = arena_new(memory_max);
    arena_defer(s->call->mem, release_arena, mem);
    buf_init(ret_buffer, mem);
}

/* ---- what the headers say ---- */

static bool is_media_type(const http_stream *s, const char *wanted) {
    const char *type = http_header_of(s, "content-type");
    size_t n = strlen(wanted);
    return strncmp(type, wanted, n) == 0 && (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

/* connect-timeout-ms: at most 10 digits; it can only make the deadline earlier. */
static bh_err *read_timeout(http_stream *s) {
    const char *text = http_header_of(s, "connect-timeout-ms");
    size_t n = strlen(text);
    if (n > 10 || strspn(text, "0123456789") != n)
        return bh_fail(s->call, BAD_FIELD, "connect-timeout-ms", "at most 10 digits expected");
    int64_t asked_ms = n ? clock_mono_ms() + strtoll(text, NULL, 10) : INT64_MAX;
    if (asked_ms < s->call->deadline_ms)
        s->call->deadline_ms = asked_ms;
    return NULL;
}

static bh_err *read_headers(http_stream *s, unary *u) {
    const char *version = http_header_of(s, "connect-protocol-version");
    const char *encoding = http_header_of(s, "content-encoding");
    if (!route_find(s->path, &u->route))
        return bh_fail(s->call, UNKNOWN_METHOD, s->path);
    if (*version && strcmp(version, "1") != 0)
        return bh_fail(s->call, BAD_FIELD, "connect-protocol-version", "1 expected");
    if (*encoding && strcmp(encoding, "identity") != 0)
        return bh_fail(s->call, ENCODING_UNKNOWN, encoding);
    TRY(read_timeout(s));
    const char *token;
    return u->route.kind == ROUTE_LOGIN ? NULL : session_token(s, &token);
}

/* ---- the answer ---- */

/* A browser gets the token as a cookie that scripts cannot read. */
static const char *move_token_to_cookie(http_stream *s, Bh__LoginResponse *response) {
    const char *cookie =
        arena_printf(s->call->mem, "__Host-bihuan=%s; Path=/; Secure; HttpOnly; SameSite=Strict", response->token);
    response->token = arena_strdup(s->call->mem, "");
    return cookie;
}

static bh_err *encode(http_stream *s, const unary *u, const void *bytes, size_t n, buf *out, const char **ret_cookie) {
    bool sets_cookie = u->route.kind == ROUTE_LOGIN && session_is_same_origin(s);
    if (!u->is_json && !sets_cookie) {
        buf_add(out, bytes, n); /* unread */
        return NULL;
    }
    ProtobufCMessage *message;
    TRY(rpc_unpack(s->call, u->route.method->output, bytes, n, &message));
    if (sets_cookie)
        *ret_cookie = move_token_to_cookie(s, (Bh__LoginResponse *) message);
    if (u->is_json) {
        json_write(out, message, 0);
        return NULL;
    }
    uint8_t *packed = arena_alloc(out->mem, protobuf_c_message_get_packed_size(message));
    buf_add(out, packed, protobuf_c_message_pack(message, packed));
    return NULL;
}

static void reply(http_stream *s, UNUSED void *data, const bh_err *error, const void *bytes, size_t n) {
    const unary *u = s->data;
    const char *cookie = NULL;
    buf out;
    own_buffer(s, &out, REPLY_MEMORY_MAX);
    if (!error)
        error = encode(s, u, bytes, n, &out, &cookie);
    if (error)
        return refuse(s, error);
    const http_header headers[] = { { "content-type", u->is_json ? "application/json" : "application/proto" },
                                    { "set-cookie", cookie } };
    accepted(s);
    http_answer(s, 200, headers, cookie ? 2 : 1, out.s, out.n);
}

/* ---- the request ---- */

static bh_err *logout_payload(http_stream *s, unary *u) {
    const char *token;
    TRY(session_token(s, &token));
    uint8_t digest[SHA256_SIZE];
    sha256(token, strlen(token), digest);
    Bh__LogoutRequest request = BH__LOGOUT_REQUEST__INIT;
    request.token_hash = (ProtobufCBinaryData){ .len = sizeof(digest), .data = digest };
    ask_message(u->by, s, u->route.path, &request.base, reply, NULL);
    return NULL;
}

static bh_err *forward_json(http_stream *s, unary *u) {
    ProtobufCMessage *message;
    TRY(json_parse(s->call, u->body.s, u->body.n, u->route.method->input, &message));
    ask_message(u->by, s, u->route.path, message, reply, NULL);
    return NULL;
}

static void forward(http_stream *s, const bh_err *error) {
    unary *u = s->data;
    if (!error && u->route.kind == ROUTE_LOGOUT)
        error = logout_payload(s, u);
    else if (!error && u->is_json)
        error = forward_json(s, u);
    else if (!error)
        ask(u->by, s, u->route.path, u->body.s, u->body.n, reply, NULL); /* the service checks the bytes */
    if (error)
        refuse(s, error);
}

static void take_body(http_stream *s, const uint8_t *bytes, size_t n) {
    unary *u = s->data;
    http_consume(s, n);
    if (u->body.n + n > CONNECT_BODY_MAX)
        return refuse(s, bh_fail(s->call, MESSAGE_TOO_LARGE, arena_printf(s->call->mem, "%d", CONNECT_BODY_MAX)));
    buf_add(&u->body, bytes, n);
}

static void take_end(http_stream *s) {
    const unary *u = s->data;
    if (u->route.kind == ROUTE_LOGIN)
        forward(s, NULL);
    else
        session_check(u->by, s, forward);
}

static void late(http_stream *s) {
    refuse(s, bh_fail(s->call, DEADLINE_EXPIRED));
}

static void gone(http_stream *s) {
    abandoned(s);
}

void connect_begin(asker *by, http_stream *s) {
    static const http_taker taker = { .body = take_body, .end = take_end, .late = late, .gone = gone };
    static const http_header post[] = { { "allow", "POST" } };
    static const http_header types[] = { { "accept-post", "application/json, application/proto" } };
    unary *u = arena_alloc(s->call->mem, sizeof(*u));
    u->by = by;
    u->is_json = is_media_type(s, "application/json");
    if (strcmp(s->method, "POST") != 0)
        return http_answer(s, 405, post, countof(post), "", 0);
    if (!u->is_json && !is_media_type(s, "application/proto"))
        return http_answer(s, 415, types, countof(types), "", 0);
    bh_err *error = read_headers(s, u);
    if (error)
        return refuse(s, error);
    own_buffer(s, &u->body, BODY_MEMORY_MAX);
    s->call->method = u->route.path;
    s->taker = &taker;
    s->data = u;
}
