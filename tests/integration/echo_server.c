/* echo-server ENDPOINT KEY-FILE ALLOW-FILE: the echo service as a process of its own, for the tests that stop or kill
 * it. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "echo.h"
#include "echo_methods.h"

enum { WORKERS = 24 }; /* for the calls that a test holds, and no more: threads start slowly under a sanitizer */

static rpc_server *server;

static void stop(UNUSED int number) {
    rpc_server_stop(server);
}

static void release(UNUSED int number) {
    echo_release();
}

/* Started with SIGTERM blocked. */
int main(int argc, char **argv) {
    static atomic_int begun;
    if (argc != 4)
        return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    rpc_server_options options = {
        .name = "echo",
        .endpoint = argv[1],
        .key_file = argv[2],
        .allow_file = argv[3],
        .workers = WORKERS,
        .site_id = 1,
        .streams = echo_streams,
        .backend = &begun,
    };
    bh_call *call = call_new("start", 1000);
    bh_err *err = rpc_server_open(call, &options, echo_services, 1, &server);
    if (err) {
        fprintf(stderr, "%s\n", err->en);
        return 1;
    }
    sigset_t none;
    sigemptyset(&none);
    signal(SIGTERM, stop);
    signal(SIGUSR1, release);
    sigprocmask(SIG_SETMASK, &none, NULL);
    rpc_server_run(server);
    rpc_server_close(server);
    call_free(call);
    return 0;
}
