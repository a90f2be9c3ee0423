#include "rpc/zap.h"

#include <string.h>

#include <zmq.h>

#include "base/clock.h"
#include "base/log.h"
#include "rpc/keys.h"

/* Parts of a request; the credentials of CURVE are the 32 bytes of the client's public key. */
enum { PART_VERSION, PART_ID, PART_DOMAIN, PART_ADDRESS, PART_IDENTITY, PART_MECHANISM, PART_KEY, PARTS };

enum { PART_SIZE_MAX = 255, KEY_SIZE = 32 };

typedef struct zap_request {
    char part[PARTS][PART_SIZE_MAX + 1];
    size_t size[PARTS];
    int n;
} zap_request;

void *zap_open(void *context) {
    void *zap = zmq_socket(context, ZMQ_REP);
    if (zap && zmq_bind(zap, "inproc://zeromq.zap.01") != 0) {
        zmq_close(zap);
        return NULL;
    }
    return zap;
}

static bool more(void *zap) {
    int value = 0;
    size_t size = sizeof(value);
    return zmq_getsockopt(zap, ZMQ_RCVMORE, &value, &size) == 0 && value;
}

/* False when nothing waits; parts that are too many or too long make n or a size wrong, which is refused later. */
static bool receive(void *zap, zap_request *request) {
    *request = (zap_request){ 0 };
    do {
        char spare[PART_SIZE_MAX];
        char *part = request->n < PARTS ? request->part[request->n] : spare;
        int size = zmq_recv(zap, part, PART_SIZE_MAX, ZMQ_DONTWAIT);
        if (size < 0)
            return false;
        if (request->n < PARTS)
            request->size[request->n] = (size_t) size;
        request->n++;
    } while (more(zap));
    return true;
}

static void reply(void *zap, const zap_request *request, const char *status, const char *text, const char *user) {
    zmq_send(zap, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(zap, request->part[PART_ID], request->size[PART_ID] % (PART_SIZE_MAX + 1), ZMQ_SNDMORE);
    zmq_send(zap, status, strlen(status), ZMQ_SNDMORE);
    zmq_send(zap, text, strlen(text), ZMQ_SNDMORE);
    zmq_send(zap, user, strlen(user), ZMQ_SNDMORE);
    zmq_send(zap, "", 0, 0);
}

bool zap_serve(void *zap, const allow_list *list) {
    zap_request request;
    char key[RPC_KEY_TEXT_SIZE] = "";
    if (!receive(zap, &request))
        return false;
    bool curve =
        request.n == PARTS && strcmp(request.part[PART_MECHANISM], "CURVE") == 0 && request.size[PART_KEY] == KEY_SIZE;
    if (curve)
        zmq_z85_encode(key, (const uint8_t *) request.part[PART_KEY], KEY_SIZE);
    if (curve && allow_find(list, key, clock_now_ms())) {
        reply(zap, &request, "200", "OK", key);
        return true;
    }
    log_event(LOG_WARN, "rpc.denied", "address=%s key=%s", request.part[PART_ADDRESS], key);
    reply(zap, &request, "400", "not in the allow-list", "");
    return true;
}
