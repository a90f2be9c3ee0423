#include "unary.h"

#include "base/clock.h"
#include "base/hash.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "envelope.h"
#include "live.h"
#include "protocol.h"
#include "refuse.h"
#include "routes.h"
#include "rpc/guard.h"
#include "session.h"
#include "json/json.h"

/* Bodies have memory beside the call's: text may be many times as long as the bytes it stands for. */
enum { BODY_MEMORY_MAX = 4 * RPC_SIZE_MAX, REPLY_MEMORY_MAX = 256 << 20 };

/* One unary call on its way. */
typedef struct unary {
    asker *by;
    route route;
    const media *media;
    int64_t until_ms; /* the deadline the client names; INT64_MAX: none */
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

/* It can only make the deadline earlier. */
static bh_err *read_timeout(http_stream *s, const protocol *p, int64_t *ret_until_ms) {
    const char *text = http_header_of(s, p->timeout_header);
    int64_t asked_ms = 0;
    *ret_until_ms = INT64_MAX;
    if (!*text)
        return NULL;
    if (!p->read_timeout(text, &asked_ms))
        return bh_err_why(s->call, BH_REASON_BAD_FIELD, p->timeout_header, p->timeout_rule, __FILE__, __LINE__,
                          (const char *const[4]){ NULL });
    *ret_until_ms = clock_mono_ms() + asked_ms;
    if (*ret_until_ms < s->call->deadline_ms)
        s->call->deadline_ms = *ret_until_ms;
    return NULL;
}

static bh_err *read_headers(http_stream *s, unary *u) {
    const protocol *p = u->media->protocol;
    const char *version = p->version_header ? http_header_of(s, p->version_header) : "";
    const char *encoding = http_header_of(s, p->encoding_header);
    if (!route_find(s->path, &u->route))
        return bh_fail(s->call, UNKNOWN_METHOD, s->path);
    if (*version && strcmp(version, "1") != 0)
        return bh_fail_why(s->call, BAD_FIELD, p->version_header, NOT_TYPE, "1");
    if (*encoding && strcmp(encoding, "identity") != 0)
        return bh_fail(s->call, ENCODING_UNKNOWN, encoding);
    TRY(read_timeout(s, p, &u->until_ms));
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
    if (!u->media->is_json && !sets_cookie) {
        buf_add(out, bytes, n); /* unread */
        return NULL;
    }
    ProtobufCMessage *message;
    TRY(rpc_unpack(s->call, u->route.method->output, bytes, n, &message));
    if (sets_cookie)
        *ret_cookie = move_token_to_cookie(s, (Bh__LoginResponse *) message);
    if (u->media->is_json) {
        json_write(out, message, 0);
        return NULL;
    }
    const uint8_t *packed = rpc_pack(out->mem, message, &n);
    buf_add(out, packed, n);
    return NULL;
}

static void reply(http_stream *s, UNUSED void *data, const bh_err *error, const void *bytes, size_t n) {
    const unary *u = s->data;
    const protocol *p = u->media->protocol;
    const char *cookie = NULL;
    buf out;
    own_buffer(s, &out, REPLY_MEMORY_MAX);
    buf_add(&out, (const uint8_t[ENVELOPE_SIZE]){ 0 }, p->envelope_size);
    if (!error)
        error = encode(s, u, bytes, n, &out, &cookie);
    if (error)
        return refuse(s, error);
    if (p->envelope_size) {
        envelope_write((uint8_t *) out.s, 0, out.n - p->envelope_size);
        p->end(s, NULL, &out);
    }
    http_header headers[] = { { "content-type", u->media->type }, { "set-cookie", cookie }, p->accepts };
    accepted(s);
    http_answer(s, 200, headers, countof(headers), out.s, out.n);
}

/* ---- the request ---- */

static void pass_on(http_stream *s, const unary *u, const void *bytes, size_t n) {
    if (u->route.is_stream)
        live_begin(u->by, s, &(live_request){ &u->route, u->media, u->until_ms, bytes, n });
    else
        ask(u->by, s, u->route.path, bytes, n, reply, NULL);
}

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
    size_t skip = u->media->protocol->envelope_size;
    TRY(json_parse(s->call, u->body.s + skip, u->body.n - skip, u->route.method->input, &message));
    size_t n;
    const uint8_t *bytes = rpc_pack(s->call->mem, message, &n);
    pass_on(s, u, bytes, n);
    return NULL;
}

static bh_err *forward_body(http_stream *s, unary *u) {
    const protocol *p = u->media->protocol;
    if (p->envelope_size)
        TRY(envelope_check(s->call, (const uint8_t *) u->body.s, u->body.n));
    if (u->route.kind == ROUTE_LOGOUT)
        return logout_payload(s, u);
    if (u->media->is_json)
        return forward_json(s, u);
    /* The service checks the bytes. */
    pass_on(s, u, u->body.s + p->envelope_size, u->body.n - p->envelope_size);
    return NULL;
}

static void forward(http_stream *s, const bh_err *error) {
    if (!error)
        error = forward_body(s, s->data);
    if (error)
        refuse(s, error);
}

static void take_body(http_stream *s, const uint8_t *bytes, size_t n) {
    unary *u = s->data;
    http_consume(s, n);
    if (u->body.n + n > RPC_SIZE_MAX + u->media->protocol->envelope_size)
        return refuse(s, bh_fail(s->call, MESSAGE_TOO_LARGE, arena_printf(s->call->mem, "%d", RPC_SIZE_MAX)));
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

/* Whether the request is a call in some protocol; a stream where only calls are spoken is none, nor is the reverse. Of
 * an unknown method nobody knows. */
static bool is_spoken(http_stream *s, const media *spoken) {
    const http_header types = { "accept-post", media_list(s->call->mem) };
    route found;
    if (strcmp(s->method, "POST") != 0)
        refuse_request(s, 405, (http_header){ "allow", "POST" }, bh_fail(s->call, HTTP_METHOD_WRONG, s->method));
    else if (!spoken)
        refuse_request(s, 415, types,
                       bh_fail(s->call, CONTENT_TYPE_UNKNOWN, http_header_of(s, "content-type"), types.value));
    else if (route_find(s->path, &found) &&
             !(found.is_stream ? spoken->protocol->is_for_streams : spoken->protocol->is_for_calls))
        refuse_request(s, 415, types, bh_fail(s->call, WRONG_KIND_OF_CALL, s->path));
    return !http_is_answered(s);
}

void unary_begin(asker *by, http_stream *s) {
    static const http_taker taker = {
        .body = take_body, .end = take_end, .late = late, .gone = gone, .tick = live_tick, .drain = live_drain
    };
    unary *u = arena_alloc(s->call->mem, sizeof(*u));
    u->by = by;
    u->media = media_of(s);
    if (!is_spoken(s, u->media))
        return;
    bh_err *error = read_headers(s, u);
    if (error)
        return refuse(s, error);
    own_buffer(s, &u->body, BODY_MEMORY_MAX);
    s->call->method = u->route.path;
    s->taker = &taker;
    s->data = u;
}
