/* Frames made and read by hand, as a client or as a server of an echo site; for use inside cmocka tests. */
#pragma once

#include <zmq.h>

#include "echo.h"
#include "rpc/frame.h"

extern void *raw_context;

/* Around each test; raw_close closes every socket, however the test ended. */
void raw_open(echo_site *site);
void raw_close(void);
void *raw_until_the_end(void *socket);

/* A socket connected to site->endpoint with this key; the watch tells of its end. */
void *raw_connect(enum echo_key key);
void *raw_connect_watched(enum echo_key key, void **ret_watch);
/* The server's place, taken by hand; the peers file names it. */
void *raw_listen(void);

bool raw_send_bare(void *socket, frame_kind kind);
/* A frame without meta and payload, and an OPEN with credit, whose payload is empty. */
void raw_send(void *socket, frame head);
void raw_open_stream(void *socket, uint64_t call_id, const char *method, uint32_t messages, uint32_t bytes);
/* A bare frame about a call. */
void raw_send_about(void *socket, frame_kind kind, uint64_t call_id);
/* An OPEN whose meta and payload are these bytes. */
void raw_open_call(void *socket, uint64_t call_id, const void *meta, size_t meta_size, const void *payload, size_t n);
/* The next frame; fails the test when none comes within 20 s. */
frame raw_receive(void *socket, zmq_msg_t *ret_message);
/* The next frame is an END with this error; its flags. */
uint16_t raw_assert_refused(void *socket, uint64_t call_id, bh_code code, const char *reason);

/* A frame that came to raw_listen; pings and greetings are answered and left out. */
typedef struct raw_request {
    zmq_msg_t route;
    zmq_msg_t message;
    frame frame;
} raw_request;

/* What raw_take says when it is greeted; 0 after raw_open. */
extern uint16_t raw_greeting_flags;
/* False when none comes for so long. */
bool raw_take(void *router, int patience_ms, raw_request *ret_request);
void raw_answer(void *router, raw_request *request, frame head);
void raw_request_done(raw_request *request);
