#include "session.h"

#include <strings.h>

#include "base/hash.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "gateway.h"
#include "rpc/guard.h"

static const char bearer[] = "Bearer ";
static const char cookie_name[] = "__Host-bihuan=";

bool session_is_same_origin(const http_stream *s) {
    if (!*http_header_of(s, "x-bihuan-csrf"))
        return false;
    const char *site = http_header_of(s, "sec-fetch-site");
    if (*site)
        return strcmp(site, "same-origin") == 0;
    /* Browsers too old for Sec-Fetch-Site send Origin with every request that changes something. */
    const char *host = http_header_of(s, ":authority");
    return strcmp(http_header_of(s, "origin"), arena_printf(s->call->mem, "https://%s", host)) == 0;
}

/* The value of our cookie in a Cookie header, or NULL. */
static const char *cookie_of(const http_stream *s) {
    for (size_t i = 0; i < s->header_count; i++) {
        if (strcmp(s->headers[i].name, "cookie") != 0)
            continue;
        const char *at = strstr(s->headers[i].value, cookie_name);
        bool is_ours = at && (at == s->headers[i].value || at[-1] == ' ' || at[-1] == ';');
        if (is_ours) {
            at += sizeof(cookie_name) - 1;
            return arena_strndup(s->call->mem, at, strcspn(at, "; "));
        }
    }
    return NULL;
}

bh_err *session_token(const http_stream *s, const char **ret_token) {
    enum { TOKEN_SIZE_MAX = 256 };
    const char *authorization = http_header_of(s, "authorization");
    const char *token = NULL;
    if (strncasecmp(authorization, bearer, sizeof(bearer) - 1) == 0)
        token = authorization + sizeof(bearer) - 1;
    else if (session_is_same_origin(s))
        token = cookie_of(s);
    if (!token || !*token || strlen(token) > TOKEN_SIZE_MAX)
        return bh_fail(s->call, LOGIN_NEEDED);
    *ret_token = token;
    return NULL;
}

/* Who waits for a check. */
typedef struct waiter {
    session_done *done;
} waiter;

static bh_err *fill_principal(bh_call *call, const void *bytes, size_t n) {
    ProtobufCMessage *message;
    TRY(rpc_unpack(call, &bh__check_session_response__descriptor, bytes, n, &message));
    const Bh__CheckSessionResponse *found = (const Bh__CheckSessionResponse *) message;
    if (found->user_id <= 0)
        return bh_fail(call, LOGIN_NEEDED);
    call->who.user_id = found->user_id;
    call->who.unit_id = found->unit_id;
    call->who.post = (int32_t) found->post;
    call->who.leader_id = found->leader_id;
    call->who.login = found->login;
    return NULL;
}

static void checked(http_stream *s, void *data, const bh_err *error, const void *bytes, size_t n) {
    const waiter *w = data;
    gateway *gw = s->app->data;
    if (!error)
        error = fill_principal(s->call, bytes, n);
    if (!error)
        error = limits_confirm(&gw->limits, s);
    else if (error->code == BH_UNAUTHENTICATED)
        limits_deny(&gw->limits, s);
    w->done(s, error);
}

void session_check(asker *by, http_stream *s, session_done *done) {
    const char *token;
    bh_err *error = session_token(s, &token);
    if (error)
        return done(s, error);
    uint8_t digest[SHA256_SIZE];
    sha256(token, strlen(token), digest);
    Bh__CheckSessionRequest request = BH__CHECK_SESSION_REQUEST__INIT;
    request.token_hash = (ProtobufCBinaryData){ .len = sizeof(digest), .data = digest };
    waiter *w = arena_alloc(s->call->mem, sizeof(*w));
    w->done = done;
    ask_message(by, s, "/bihuan.v1.DirectoryService/CheckSession", &request.base, checked, w);
}
