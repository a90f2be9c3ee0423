#include "login.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/secret.h"
#include "domain/task.h"
#include "password.h"
#include "people.h"
#include "settings.h"

enum { SECOND_MS = 1000 };

static bh_err *count_and_look(bh_call *c, const command *cmd, const char *login, const char *password,
                              login_attempt *ret_attempt) {
    TRY(store_login_begin(c, cmd, login, ret_attempt));
    if (ret_attempt->wait_ms > 0)
        return bh_fail(c, LOGIN_THROTTLED,
                       arena_printf(c->mem, "%d", (int) ((ret_attempt->wait_ms + SECOND_MS - 1) / SECOND_MS)));
    return password_fits(ret_attempt->password, password) ? NULL : bh_fail(c, LOGIN_FAILED);
}

/* Whoever finds no place has tried nothing: a flood locks nobody out. */
bh_err *login_try(bh_call *c, const command *cmd, const char *login, const char *password, login_attempt *ret_attempt) {
    TRY(password_check_size(c, password));
    TRY(password_enter(c));
    bh_err *error = count_and_look(c, cmd, login, password, ret_attempt);
    password_leave();
    return error;
}

static bool is_asked_for(const Bh__LoginRequest *req, const held_post *held) {
    return held->is_current && (req->post == 0 || req->post == held->post->post) &&
           (req->unit_id == 0 || req->unit_id == held->post->unit_id);
}

static void describe(buf *out, const Bh__PostGrant *post) {
    buf_addf(out, "%s%s%s (unit %d, post %d)", out->n ? ", " : "", post->unit_name, post_zh((post_kind) post->post),
             (int) post->unit_id, (int) post->post);
}

/* The one post of today that the request means. */
static bh_err *choose(bh_call *c, const Bh__LoginRequest *req, const held_post *posts, size_t n,
                      const held_post **ret_held) {
    size_t matching = 0;
    buf names;
    buf_init(&names, c->mem);
    for (size_t i = 0; i < n; i++) {
        if (!is_asked_for(req, &posts[i]))
            continue;
        *ret_held = &posts[i];
        describe(&names, posts[i].post);
        matching++;
    }
    if (matching == 0)
        return bh_fail(c, POST_NOT_HELD);
    return matching == 1 ? NULL : bh_fail(c, POST_NEEDED, names.s);
}

static bh_err *open_session(bh_call *c, const command *cmd, const login_attempt *attempt, const held_post *held,
                            Bh__LoginResponse *resp) {
    bool opened;
    resp->token = token_new(c->mem);
    resp->expires_ms = c->now_ms + settings()->session_max_s * SECOND_MS;
    TRY(store_login_open(c, cmd, attempt, held, resp->token, resp->expires_ms, &opened));
    return opened ? NULL : bh_fail(c, LOGIN_FAILED);
}

bh_err *login_open(bh_call *c, const command *cmd, const Bh__LoginRequest *req, Bh__LoginResponse *resp) {
    login_attempt attempt;
    TRY(login_try(c, cmd, req->login, req->password, &attempt));
    held_post *posts;
    const held_post *held = NULL;
    TRY(people_get(c, attempt.user_id, &resp->user, &posts));
    TRY(choose(c, req, posts, resp->user->n_posts, &held));
    resp->post = held->post;
    TRY(open_session(c, cmd, &attempt, held, resp));
    log_event(LOG_INFO, "session.opened", "user=%d unit=%d post=%d", (int) attempt.user_id, (int) held->post->unit_id,
              (int) held->post->post);
    return NULL;
}
