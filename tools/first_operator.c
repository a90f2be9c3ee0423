/* bihuan-first-operator LOGIN PASSWORD-FILE: the first account of an empty installation, an operator, who makes all
 * others. Speaks for itself with the gateway's key (BIHUAN_KEY_FILE, BIHUAN_PEERS_FILE); may be repeated. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/macros.h"
#include "base/uuid.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "rpc/client.h"

enum { TIMEOUT_MS = 20000, POLL_US = 50000, USERS_MAX = 500, PASSWORD_MAX = 256 };

typedef struct settings {
    const char *key_file;
    const char *peers_file;
} settings;

static const conf_row conf[] = {
    { "KEY_FILE", CONF_TEXT, offsetof(settings, key_file), NULL, "the gateway's secret key" },
    { "PEERS_FILE", CONF_TEXT, offsetof(settings, peers_file), NULL, "where the services are" },
};

static bh_err *ask(bh_call *c, const char *method, const ProtobufCMessage *request, ProtobufCMessage **ret_response) {
    return rpc_call(c->backend, c, &bh__directory_service__descriptor, method, request, ret_response);
}

static bh_err *find(bh_call *c, const char *login, const Bh__User **ret_user) {
    Bh__ListUsersRequest req = BH__LIST_USERS_REQUEST__INIT;
    req.page_size = USERS_MAX;
    ProtobufCMessage *found;
    TRY(ask(c, "ListUsers", &req.base, &found));
    const Bh__ListUsersResponse *list = (const Bh__ListUsersResponse *) found;
    *ret_user = NULL;
    for (size_t i = 0; i < list->n_users; i++)
        if (strcmp(list->users[i]->login, login) == 0)
            *ret_user = list->users[i];
    return NULL;
}

static bh_err *create(bh_call *c, char *login, char *password) {
    Bh__CreateUserRequest req = BH__CREATE_USER_REQUEST__INIT;
    req.request_id = uuid_text(c->mem, uuid_v7(c->now_ms));
    req.login = login;
    req.name = login;
    req.password = password;
    ProtobufCMessage *done;
    return ask(c, "CreateUser", &req.base, &done);
}

static bh_err *grant(bh_call *c, const Bh__User *user) {
    Bh__GrantPostRequest req = BH__GRANT_POST_REQUEST__INIT;
    req.request_id = uuid_text(c->mem, uuid_v7(c->now_ms));
    req.user_id = user->user_id;
    req.version = user->version;
    req.post = BH__POST__POST_OPERATOR;
    ProtobufCMessage *done;
    return ask(c, "GrantPost", &req.base, &done);
}

static void wait_until_ready(const bh_call *c) {
    while (!rpc_client_is_ready(c->backend, "bihuan.v1.DirectoryService") && clock_mono_ms() < c->deadline_ms)
        usleep(POLL_US);
}

static bh_err *make(bh_call *c, char *login, char *password) {
    const Bh__User *user;
    TRY(find(c, login, &user));
    if (!user) {
        TRY(create(c, login, password));
        TRY(find(c, login, &user));
    }
    if (!user)
        return bh_fail(c, NOT_FOUND_OBJECT, login);
    return user->n_posts ? NULL : grant(c, user);
}

static bh_err *read_password(bh_call *c, const char *path, char **ret_password) {
    FILE *file = fopen(path, "re");
    char line[PASSWORD_MAX] = "";
    if (file && fgets(line, sizeof(line), file))
        line[strcspn(line, "\n")] = '\0';
    if (file)
        fclose(file);
    *ret_password = arena_strdup(c->mem, line);
    return line[0] ? NULL : bh_fail(c, BAD_FIELD, path, "no password in it");
}

static bh_err *run(bh_call *c, char *login, const char *password_file) {
    settings s;
    char *password;
    rpc_client *client;
    TRY(read_password(c, password_file, &password));
    TRY(conf_load(c, conf, countof(conf), &s));
    TRY(rpc_client_open(c, &(rpc_client_options){ s.key_file, s.peers_file, .gateway = true }, &client));
    /* Nobody is there yet who could have made the first account: it made itself, and the record says so. */
    c->who = (principal){ .user_id = 1, .post = BH__POST__POST_OPERATOR, .login = login, .service = "" };
    c->backend = client;
    wait_until_ready(c);
    bh_err *e = make(c, login, password);
    rpc_client_close(client);
    return e;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: bihuan-first-operator LOGIN PASSWORD-FILE\n", stderr);
        conf_print(conf, countof(conf));
        return 2;
    }
    bh_call *c = call_new("first-operator", TIMEOUT_MS);
    bh_err *e = run(c, argv[1], argv[2]);
    if (e)
        fprintf(stderr, "%s\n%s\n", e->zh, e->en);
    int status = e ? bh_code_exit(e->code) : 0;
    call_free(c);
    return status;
}
