#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "disk.h"

#define DEFAULT_SERVER "https://127.0.0.1:8443"

static char *context_path(app *a, const char *name) {
    return disk_config_path(a, arena_printf(a->call->mem, "contexts/%s", disk_name(a, name)));
}

static char *session_path(app *a, const char *name) {
    return disk_config_path(a, arena_printf(a->call->mem, "logins/%s/%s", disk_name(a, a->server), disk_name(a, name)));
}

static char *current_session_path(app *a) {
    return disk_config_path(a, arena_printf(a->call->mem, "current/%s", disk_name(a, a->server)));
}

static char *current_context_path(app *a) {
    return disk_config_path(a, "context");
}

static const char *first_line(app *a, const char *path) {
    const char *text = disk_recall(a, path);
    return text ? arena_strndup(a->call->mem, text, strcspn(text, "\n")) : NULL;
}

const char *store_current_session(app *a) {
    return first_line(a, current_session_path(a));
}

const char *store_current_context(app *a) {
    return first_line(a, current_context_path(a));
}

/* The text of the named or current context; "" without one. */
static bh_err *context_text(app *a, const char **ret_text) {
    const char *named = app_setting(a, "context");
    const char *name = named ? named : store_current_context(a);
    const char *text = name ? disk_recall(a, context_path(a, name)) : NULL;
    if (named && !text)
        return bh_fail(a->call, NO_CONTEXT, named);
    *ret_text = text ? text : "";
    return NULL;
}

static const char *without_slash(app *a, const char *server) {
    size_t n = strlen(server);
    return arena_strndup(a->call->mem, server, n && server[n - 1] == '/' ? n - 1 : n);
}

bh_err *store_find_server(app *a) {
    const char *context;
    TRY(context_text(a, &context));
    const char *server = app_setting(a, "server"), *ca = app_setting(a, "ca");
    if (!server)
        server = disk_value(a, context, "server");
    if (!ca)
        ca = disk_value(a, context, "ca");
    a->server = without_slash(a, server ? server : DEFAULT_SERVER);
    a->ca = ca && *ca ? ca : NULL;
    if (strncmp(a->server, "https://", strlen("https://")) != 0)
        return bh_fail(a->call, OPTION_BAD, "server", a->server, "https://HOST:PORT");
    return NULL;
}

bh_err *store_find_session(app *a) {
    const char *name = app_setting(a, "as");
    if (!name)
        name = store_current_session(a);
    const char *text = name ? disk_recall(a, session_path(a, name)) : NULL;
    const char *token = text ? disk_value(a, text, "token") : NULL;
    const char *login = text ? disk_value(a, text, "login") : NULL;
    const char *expires = text ? disk_value(a, text, "expires_ms") : NULL;
    if (!token || !login || !expires)
        return bh_fail(a->call, LOGIN_NEEDED);
    a->session = (session){ .name = name, .login = login, .token = token, .expires_ms = strtoll(expires, NULL, 10) };
    return NULL;
}

bh_err *store_save_session(app *a, const session *s) {
    const char *text = arena_printf(a->call->mem, "login=%s\ntoken=%s\nexpires_ms=%lld\n", s->login, s->token,
                                    (long long) s->expires_ms);
    TRY(disk_write(a, session_path(a, s->name), text));
    return disk_write(a, current_session_path(a), arena_printf(a->call->mem, "%s\n", s->name));
}

void store_drop_session(app *a) {
    const char *current = store_current_session(a);
    unlink(session_path(a, a->session.name));
    if (current && strcmp(current, a->session.name) == 0)
        unlink(current_session_path(a));
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static const char **files_in(app *a, const char *folder, size_t *ret_n) {
    const char **names = arena_array(a->call->mem, STORE_LIST_MAX, sizeof(*names));
    DIR *dir = opendir(folder);
    *ret_n = 0;
    for (struct dirent *entry; dir && *ret_n < STORE_LIST_MAX && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            names[(*ret_n)++] = arena_strdup(a->call->mem, entry->d_name);
    if (dir)
        closedir(dir);
    qsort(names, *ret_n, sizeof(*names), by_name);
    return names;
}

const char **store_sessions(app *a, size_t *ret_n) {
    return files_in(a, session_path(a, ""), ret_n);
}

const char **store_contexts(app *a, size_t *ret_n) {
    return files_in(a, context_path(a, ""), ret_n);
}

bh_err *store_save_context(app *a, const char *name, const char *server, const char *ca) {
    char full[PATH_MAX];
    if (ca && !realpath(ca, full))
        return bh_fail(a->call, FILE_UNREADABLE, ca, disk_why(a, errno));
    const char *text = arena_printf(a->call->mem, "server=%s\nca=%s\n", server, ca ? full : "");
    return disk_write(a, context_path(a, name), text);
}

bh_err *store_use_context(app *a, const char *name) {
    if (!disk_recall(a, context_path(a, name)))
        return bh_fail(a->call, NO_CONTEXT, name);
    return disk_write(a, current_context_path(a), arena_printf(a->call->mem, "%s\n", disk_name(a, name)));
}
