#include "bootstrap.h"

#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/log.h"
#include "directory_sql.h"
#include "domain/calendar.h"
#include "domain/task.h"
#include "password.h"
#include "people.h"
#include "settings.h"

enum { TIMEOUT_MS = 60000, LINE_SIZE_MAX = 1100 };

typedef struct place {
    const char *database;
    int64_t site_id;
} place;

static const conf_row conf[] = {
    { "DATABASE", CONF_TEXT, offsetof(place, database), NULL, "libpq connection string" },
    { "SITE", CONF_INT, offsetof(place, site_id), "1", "number of this site" },
};

static bh_err *connect_database(bh_call *c, pg_pool **ret_pool) {
    place where;
    TRY(conf_load(c, conf, countof(conf), &where));
    TRY(settings_load(c));
    pg_options options = {
        .conninfo = where.database, .connections = 1, .readers = 1, .set_max = 1, .statement_timeout_ms = TIMEOUT_MS
    };
    TRY(pg_pool_open(c, &options, directory_sql, DIRECTORY_SQL_COUNT, ret_pool));
    c->site_id = (int32_t) where.site_id;
    c->backend = *ret_pool;
    return NULL;
}

static bh_err *read_password(bh_call *c, char *ret_line) {
    if (!fgets(ret_line, LINE_SIZE_MAX, stdin))
        return bh_fail(c, PASSWORD_TOO_SHORT, "10");
    ret_line[strcspn(ret_line, "\n")] = '\0';
    return NULL;
}

static bh_err *begin(bh_call *c, command *ret_command) {
    return command_begin(c, uuid_text(c->mem, uuid_v7(c->now_ms)), ret_command);
}

/* Only when nobody has the login: its password stays what it is. */
static bh_err *ensure_user(bh_call *c, const char *login, int32_t *ret_user_id) {
    TRY(store_find_login(c, login, ret_user_id));
    if (*ret_user_id)
        return NULL;
    char line[LINE_SIZE_MAX];
    const char *stored;
    TRY(read_password(c, line));
    TRY(password_make(c, line, &stored));
    Bh__CreateUserRequest req = BH__CREATE_USER_REQUEST__INIT;
    Bh__CreateUserResponse resp = BH__CREATE_USER_RESPONSE__INIT;
    req.login = req.name = arena_strdup(c->mem, login);
    command cmd;
    TRY(begin(c, &cmd));
    TRY(store_create_user(c, &cmd, &req, stored, &resp));
    *ret_user_id = resp.user_id;
    return NULL;
}

static bh_err *ensure_operator(bh_call *c, int32_t user_id) {
    Bh__User *user;
    held_post *posts;
    TRY(people_get(c, user_id, &user, &posts));
    for (size_t i = 0; i < user->n_posts; i++)
        if (posts[i].post->post == BH__POST__POST_OPERATOR)
            return NULL;
    Bh__GrantPostRequest req = BH__GRANT_POST_REQUEST__INIT;
    Bh__GrantPostResponse resp = BH__GRANT_POST_RESPONSE__INIT;
    req.user_id = user_id;
    req.version = user->version;
    req.post = BH__POST__POST_OPERATOR;
    command cmd;
    TRY(begin(c, &cmd));
    return store_grant_post(c, &cmd, &req, day_at(c->now_ms), DAY_OPEN, &resp);
}

static bh_err *make_operator(bh_call *c, const char *login, pg_pool **ret_pool) {
    TRY(connect_database(c, ret_pool));
    int32_t user_id;
    TRY(ensure_user(c, login, &user_id));
    return ensure_operator(c, user_id);
}

int bootstrap(const char *login) {
    log_open("directory", LOG_INFO);
    bh_call *c = call_new("bootstrap", TIMEOUT_MS);
    c->who.service = "directory";
    pg_pool *pool = NULL;
    bh_err *e = make_operator(c, login, &pool);
    if (e)
        fprintf(stderr, "%s\n%s\n", e->zh, e->en);
    int status = e ? bh_code_exit(e->code) : 0;
    pg_pool_close(pool);
    call_free(c);
    return status;
}
