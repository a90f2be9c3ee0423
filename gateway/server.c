#include "server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { IDLE_MS_MAX = 120000, TICK_MS = 1000, READ_SIZE = 64 << 10, EVENTS_MAX = 64 };

/* What an epoll event points at. */
typedef struct watch {
    int fd;
    void (*ready)(void *data);
    void *data;
} watch;

typedef struct conn {
    watch watch;
    struct conn *next;
    server *server;
    http_session *session;
    const uint8_t *out;
    size_t out_size;
    int64_t used_ms;
    bool is_blocked; /* waits for room in the socket */
    bool is_last;    /* write what there is, then close */
    bool is_dead;
} conn;

struct server {
    int epoll;
    http_app *app;
    watch listener;
    watch watches[SERVER_WATCHES_MAX];
    size_t watch_count;
    conn *conns;
    size_t conn_count;
    int64_t next_tick_ms;
    bool is_stopping;
};

static void watch_set(server *srv, int operation, watch *w, uint32_t events) {
    struct epoll_event event = { .events = events, .data.ptr = w };
    if (epoll_ctl(srv->epoll, operation, w->fd, &event) != 0)
        log_event(LOG_ERROR, "epoll.failed", "fd=%d errno=%d", w->fd, errno);
}

/* ---- one connection ---- */

static void set_blocked(conn *c, bool is_blocked) {
    if (c->is_blocked == is_blocked)
        return;
    c->is_blocked = is_blocked;
    watch_set(c->server, EPOLL_CTL_MOD, &c->watch, is_blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* One write; false when there is nothing to write or no room. */
static bool write_some(conn *c) {
    if (c->out_size == 0)
        c->out_size = http_session_take(c->session, &c->out);
    if (c->out_size == 0)
        return false;
    ssize_t n = send(c->watch.fd, c->out, c->out_size, MSG_NOSIGNAL);
    if (n < 0) {
        c->is_dead = errno != EAGAIN && errno != EINTR;
        return errno == EINTR;
    }
    c->out += n;
    c->out_size -= (size_t) n;
    c->used_ms = clock_mono_ms();
    return true;
}

static void flush(conn *c) {
    while (!c->is_dead && write_some(c)) {
    }
    set_blocked(c, c->out_size > 0);
    if (c->out_size == 0 && (c->is_last || http_session_is_over(c->session)))
        c->is_dead = true;
}

static void conn_ready(void *data) {
    conn *c = data;
    static uint8_t bytes[READ_SIZE]; /* one thread */
    if (c->is_last)
        return;
    ssize_t n = recv(c->watch.fd, bytes, sizeof(bytes), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    c->is_dead = n <= 0;
    c->used_ms = clock_mono_ms();
    if (n > 0)
        c->is_last = !http_session_feed(c->session, bytes, (size_t) n);
}

static void conn_new(server *srv, int fd) {
    conn *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    *c = (conn){ .watch = { .fd = fd, .ready = conn_ready, .data = c },
                 .server = srv,
                 .session = http_session_new(srv->app),
                 .next = srv->conns,
                 .used_ms = clock_mono_ms() };
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    srv->conns = c;
    srv->conn_count++;
    watch_set(srv, EPOLL_CTL_ADD, &c->watch, EPOLLIN);
}

static void conn_free(conn *c) {
    c->server->conn_count--;
    http_session_free(c->session);
    close(c->watch.fd);
    free(c);
}

static void accept_ready(void *data) {
    server *srv = data;
    for (int turns = 0; turns < EVENTS_MAX; turns++) {
        int fd = accept4(srv->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (srv->conn_count < SERVER_CONNECTIONS_MAX && !srv->is_stopping)
            conn_new(srv, fd);
        else
            close(fd);
    }
}

/* ---- the server ---- */

static bool parse_address(const char *text, struct sockaddr_in *ret_address) {
    char host[INET_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    long port = colon ? strtol(colon + 1, &end, 10) : -1;
    if (port < 0 || port > UINT16_MAX || *end || (size_t) (colon - text) >= sizeof(host))
        return false;
    memcpy(host, text, (size_t) (colon - text));
    host[colon - text] = '\0';
    *ret_address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t) port) };
    return inet_pton(AF_INET, host, &ret_address->sin_addr) == 1;
}

bh_err *server_open(bh_call *call, const char *address, http_app *app, server **ret_server) {
    struct sockaddr_in in;
    if (!parse_address(address, &in))
        return bh_fail_why(call, BAD_FIELD, address, NOT_ADDRESS);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(fd, (struct sockaddr *) &in, sizeof(in)) != 0 || listen(fd, SOMAXCONN) != 0) {
        close(fd);
        return bh_fail(call, INTERNAL_ERROR, arena_printf(call->mem, "cannot listen on %s", address));
    }
    server *srv = calloc(1, sizeof(*srv));
    if (!srv)
        abort();
    srv->app = app;
    srv->epoll = epoll_create1(EPOLL_CLOEXEC);
    srv->listener = (watch){ .fd = fd, .ready = accept_ready, .data = srv };
    watch_set(srv, EPOLL_CTL_ADD, &srv->listener, EPOLLIN);
    *ret_server = srv;
    return NULL;
}

int server_port(const server *srv) {
    struct sockaddr_in in = { 0 };
    getsockname(srv->listener.fd, (struct sockaddr *) &in, &(socklen_t){ sizeof(in) });
    return ntohs(in.sin_port);
}

void server_watch(server *srv, int fd, void (*ready)(void *data), void *data) {
    assert(srv->watch_count < SERVER_WATCHES_MAX);
    watch *w = &srv->watches[srv->watch_count++];
    *w = (watch){ .fd = fd, .ready = ready, .data = data };
    watch_set(srv, EPOLL_CTL_ADD, w, EPOLLIN);
}

static void tick(server *srv) {
    int64_t now_ms = clock_mono_ms();
    if (now_ms < srv->next_tick_ms)
        return;
    srv->next_tick_ms = now_ms + TICK_MS;
    for (conn *c = srv->conns; c; c = c->next) {
        http_session_tick(c->session, now_ms);
        if (http_session_is_idle(c->session) && now_ms - c->used_ms > IDLE_MS_MAX)
            c->is_dead = true;
    }
}

/* Connections die only here, so that no event of the same turn meets a freed one. */
static void sweep(server *srv) {
    for (conn **link = &srv->conns; *link;) {
        conn *c = *link;
        flush(c);
        if (c->is_dead) {
            *link = c->next;
            conn_free(c);
        } else {
            link = &c->next;
        }
    }
}

static void turn(server *srv) {
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(srv->epoll, events, EVENTS_MAX, TICK_MS);
    for (int i = 0; i < n; i++) {
        watch *w = events[i].data.ptr;
        w->ready(w->data);
    }
    tick(srv);
    sweep(srv);
}

static bool is_idle(const server *srv) {
    for (const conn *c = srv->conns; c; c = c->next)
        if (!http_session_is_idle(c->session))
            return false;
    return true;
}

void server_run(server *srv, int64_t drain_ms) {
    while (!srv->is_stopping)
        turn(srv);
    for (conn *c = srv->conns; c; c = c->next)
        http_session_drain(c->session);
    for (int64_t end_ms = clock_mono_ms() + drain_ms; clock_mono_ms() < end_ms && !is_idle(srv);)
        turn(srv);
}

void server_stop(server *srv) {
    srv->is_stopping = true;
}
