#include "rpc/socket.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <zmq.h>

#include "rpc/frame.h"

enum { ENDPOINT_SIZE = 256 };

/* Calls in flight are bounded above (connection.c, server.c), messages of streams by credit (credit.h): nobody who
 * reads ever reaches these marks. */
enum { HIGH_WATER_MARK = 8192 };

typedef struct int_option {
    int name;
    int value;
} int_option;

static const int_option common_options[] = {
    { ZMQ_LINGER, 0 },
    { ZMQ_HANDSHAKE_IVL, 2000 },
    { ZMQ_SNDHWM, HIGH_WATER_MARK },
    { ZMQ_RCVHWM, HIGH_WATER_MARK },
    { ZMQ_TCP_KEEPALIVE, 1 },
    { ZMQ_TCP_KEEPALIVE_IDLE, 30 },
    { ZMQ_TCP_KEEPALIVE_INTVL, 10 },
    { ZMQ_TCP_KEEPALIVE_CNT, 3 },
};

static const int_option router_options[] = {
    { ZMQ_ROUTER_MANDATORY, 1 },
    { ZMQ_TCP_MAXRT, 15000 }, /* a caller that vanished without a word is gone then, and its streams with it */
    { ZMQ_CURVE_SERVER, 1 },
    { ZMQ_BACKLOG, 512 },
};

/* One socket is one connection: when it ends we read what had come, close it and open another, so a restarted server
 * gets nothing stale, and a denial is asked about again (libzmq itself never would).
 * RECONNECT_IVL: later than anybody waits. Not -1, nor IMMEDIATE: both throw unread answers away at the end. */
static const int_option dealer_options[] = {
    { ZMQ_RECONNECT_IVL, 3600 * 1000 },
    { ZMQ_CONNECT_TIMEOUT, 2000 },
};

static bool set_ints(void *socket, const int_option *options, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (zmq_setsockopt(socket, options[i].name, &options[i].value, sizeof(options[i].value)) != 0)
            return false;
    return true;
}

static bool set_common(void *socket) {
    int64_t size_max = FRAME_HEADER_SIZE + FRAME_META_MAX + FRAME_SIZE_MAX;
    return set_ints(socket, common_options, countof(common_options)) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &size_max, sizeof(size_max)) == 0;
}

static bool set_text(void *socket, int name, const char *text) {
    return zmq_setsockopt(socket, name, text, strlen(text)) == 0;
}

static bool make_router(void *socket, const rpc_key *own, const char *endpoint) {
    return set_common(socket) && set_ints(socket, router_options, countof(router_options)) &&
           set_text(socket, ZMQ_ZAP_DOMAIN, "bihuan") && set_text(socket, ZMQ_CURVE_SECRETKEY, own->secret_text) &&
           zmq_bind(socket, endpoint) == 0;
}

static bool make_dealer(void *socket, const rpc_key *own, const char *endpoint, const char *server_key) {
    return set_common(socket) && set_ints(socket, dealer_options, countof(dealer_options)) &&
           set_text(socket, ZMQ_CURVE_SERVERKEY, server_key) &&
           set_text(socket, ZMQ_CURVE_PUBLICKEY, own->public_text) &&
           set_text(socket, ZMQ_CURVE_SECRETKEY, own->secret_text) && zmq_connect(socket, endpoint) == 0;
}

/* The socket, or NULL after closing one that could not be made ready. */
static void *keep(void *socket, bool made) {
    int error = errno;
    if (socket && !made) {
        zmq_close(socket);
        errno = error;
        return NULL;
    }
    return socket;
}

void *socket_listen(void *context, const rpc_key *own, const char *endpoint) {
    void *socket = zmq_socket(context, ZMQ_ROUTER);
    return keep(socket, socket && make_router(socket, own, endpoint));
}

/* The events that end a socket, as messages on a PAIR. */
static void *watch_end(void *context, void *socket) {
    static atomic_uint count;
    enum {
        ENDS = ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
               ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
    };
    char address[64];
    snprintf(address, sizeof(address), "inproc://watch-%u", atomic_fetch_add(&count, 1));
    void *watch = zmq_socket(context, ZMQ_PAIR);
    bool watches = watch && zmq_socket_monitor(socket, address, ENDS) == 0 && zmq_connect(watch, address) == 0;
    /* Only a receive that found nothing makes its descriptor tell of what comes: see socket_fd. */
    if (watches)
        zmq_recv(watch, NULL, 0, ZMQ_DONTWAIT);
    return keep(watch, watches);
}

void *socket_connect(void *context, const rpc_key *own, const char *endpoint, const char *server_key,
                     void **ret_watch) {
    void *socket = zmq_socket(context, ZMQ_DEALER);
    /* Watched before it connects: a refusal on the same host comes at once. */
    void *watch = socket ? watch_end(context, socket) : NULL;
    if (!watch || !make_dealer(socket, own, endpoint, server_key)) {
        int error = errno;
        socket_disconnect(socket, watch);
        errno = error;
        return NULL;
    }
    *ret_watch = watch;
    return socket;
}

void socket_disconnect(void *socket, void *watch) {
    /* The order matters: libzmq's I/O thread would wait for ever to tell an event to a watch that is gone. */
    if (socket)
        zmq_socket_monitor(socket, NULL, 0);
    socket_close(watch, 0);
    socket_close(socket, 0);
}

void socket_close(void *socket, int linger_ms) {
    if (!socket)
        return;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
    zmq_close(socket);
}

int socket_fd(void *socket) {
    int fd = -1;
    size_t size = sizeof(fd);
    zmq_getsockopt(socket, ZMQ_FD, &fd, &size);
    return fd;
}

const char *socket_endpoint(void *socket, arena *mem) {
    char endpoint[ENDPOINT_SIZE] = "";
    size_t size = sizeof(endpoint);
    zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size);
    return arena_strdup(mem, endpoint);
}
