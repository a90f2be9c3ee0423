/* A site of one echo service in a temporary directory: keys, allow-list, peers, a server in a thread. */
#pragma once

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "echo.pb-c.h"
#include "rpc/client.h"
#include "rpc/keys.h"
#include "rpc/server.h"

enum { ECHO_POST = 3 }; /* the post that may call Guarded */
enum { ECHO_KEPT_MAX = 16 };
#define ECHO_LINGER "/bihuan.test.v1.EchoService/Linger"
enum { ECHO_STREAMS_MAX = 3000 };
#define ECHO_COUNT "/bihuan.test.v1.EchoService/Count"
#define ECHO_SLEEP "/bihuan.test.v1.EchoService/Sleep"
/* The bytes of a request to Sleep or Ponder that is held. */
#define ECHO_HELD "\x10\x01"
enum { ECHO_HELD_SIZE = 2 };

/* Who has a key: the server and three kinds of callers; the stranger stands in no list. */
enum echo_key { ECHO_SERVER, ECHO_GATEWAY, ECHO_SERVICE, ECHO_TOOL, ECHO_STRANGER, ECHO_KEYS };

typedef struct echo_site {
    bh_call *call;
    char *dir;
    rpc_key keys[ECHO_KEYS];
    char *key_file[ECHO_KEYS];
    char *allow_file;
    char *peers_file;
    rpc_server *server;
    const char *endpoint;
    pthread_t thread;
    int kept[ECHO_KEPT_MAX]; /* sockets that keep ports; they do not listen */
    int kept_count;
} echo_site;

/* Makes directory, keys and lists; echo_site_done removes them and stops the server. */
void echo_site_init(echo_site *site);
void echo_site_done(echo_site *site);
/* Writes a whole file anew, by renaming. */
void echo_write(const char *path, const char *text);
/* Replaces the allow-list by its usual rows, of which the gateway's ends with `gateway_suffix` or is missing (NULL). */
void echo_allow(echo_site *site, const char *gateway_suffix);
/* Writes the peers file anew: an echo server at each of these endpoints. */
void echo_peers(echo_site *site, const char *const *endpoints, int n);
/* Starts the server; endpoint NULL picks a port. The peers file then names it. */
void echo_start(echo_site *site, const char *endpoint, int workers, int queue_max);
void echo_stop(echo_site *site);
/* The same server as a process of its own, to be stopped and killed: it listens on site->endpoint, which is chosen at
 * the first start and kept. */
pid_t echo_spawn(echo_site *site);
/* One of several; the peers file is left alone. */
pid_t echo_spawn_at(echo_site *site, const char *endpoint);
/* "tcp://127.0.0.1:PORT" with a port that is free, and kept for this site until its end. */
const char *echo_free_endpoint(echo_site *site);
/* Kills it and waits for its end. */
void echo_kill(pid_t pid);
/* Asks it to stop, waits for its end; the exit status, -1 when a signal ended it. */
int echo_term(pid_t pid);
/* A client with one of the keys; it says who speaks when it claims to be a gateway. */
rpc_client *echo_client(echo_site *site, enum echo_key key, bool gateway);
/* Waits until the client is (not) ready; false after 20 s. */
bool echo_wait_ready(rpc_client *client, bool ready);
/* The process that answers a call of this client, and how many calls it has begun (NULL: never mind). */
pid_t echo_who(rpc_client *client, int *ret_begun);
/* Calls of Sleep and Ponder that a server of this process has begun since it was started. */
int echo_begun(void);
/* Waits until so many have been begun. */
void echo_wait_begun(int n);
/* What Linger does, unless a test puts something else here: it waits until its call is over. */
extern bh_err *(*echo_linger)(bh_call *c);
/* Calls of Linger that have ended. */
int echo_lingered(void);
void echo_wait_lingered(int n);
/* What each step of Count does first: nothing, unless a test puts something here. */
extern bh_err *(*echo_step)(bh_call *c);
/* How far a Count goes that `waits`, at the server of this process; and the steps that all Counts have made there. */
void echo_count_to(int64_t n);
int echo_steps(void);
/* Lets the held calls go, of now and later, at the server of this process; a process does it on SIGUSR1. */
void echo_release(void);
void echo_sleep(int64_t ms);

/* A call as the gateway makes it: for a person; for nobody when user_id is 0. */
bh_call *echo_person(int32_t user_id, int32_t post, int64_t timeout_ms);
bh_err *echo_text(rpc_client *client, bh_call *c, const char *text, Bh__Test__EchoResponse **ret_response);

/* Threads that call Echo one time after the other, until they are told to end. */
enum { ECHO_LOAD_THREADS = 8 };
typedef struct echo_load {
    rpc_client *client;
    pthread_t threads[ECHO_LOAD_THREADS];
    atomic_bool ends;
    atomic_int good;
    atomic_int failed;
} echo_load;
void echo_load_start(echo_load *load, rpc_client *client);
/* Waits until so many more calls went well. */
void echo_load_wait(echo_load *load, int n);
void echo_load_end(echo_load *load);

/* A call that nobody waits for yet. */
typedef struct echo_call {
    bh_call *call;
    rpc_result *handle; /* for rpc_cancel */
    rpc_result *result; /* the same, once it is there */
    sem_t done;
} echo_call;

/* Sends the bytes of a request to a method ("/service/method"). */
void echo_call_start(rpc_client *client, echo_call *ec, const char *method, const void *payload, size_t n,
                     int64_t timeout_ms);
/* The same; `done` runs in the client's thread and ends in echo_call_keep. */
void echo_call_start_with(rpc_client *client, echo_call *ec, rpc_done *done, const char *method, const void *payload,
                          size_t n, int64_t timeout_ms);
void echo_call_keep(void *data, rpc_result *result);
/* The same for a stream, when there is an `item`. */
void echo_stream_start(rpc_client *client, echo_call *ec, rpc_item *item, rpc_done *done, const char *method,
                       const void *payload, size_t n, int64_t timeout_ms);
/* A Sleep that does not end before echo_release. */
void echo_call_hold(rpc_client *client, echo_call *ec, int64_t timeout_ms);
bool echo_call_has_ended(echo_call *ec);
/* Waits for its end: the error lives until echo_call_done; NULL when it went well. */
bh_err *echo_call_wait(echo_call *ec);
void echo_call_done(echo_call *ec);

/* The services and rules a server of this site offers. */
extern const rpc_service echo_services[1];
