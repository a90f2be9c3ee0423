/* race: a race that ThreadSanitizer must find in spite of tests/tsan.supp. A call's end is written by the client's
 * thread, behind libzmq, and read here with nothing that orders the two. */
#include <assert.h>

#include "echo.h"

static int ends;
static atomic_bool ended;

static void in_the_clients_thread(UNUSED void *data, UNUSED rpc_result *result) {
    ends++;
    atomic_store_explicit(&ended, true, memory_order_relaxed); /* so that the write is past, without saying so */
}

int main(void) {
    echo_site site;
    echo_call ec;
    echo_site_init(&site);
    echo_start(&site, NULL, 2, 0);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    echo_call_start_with(client, &ec, in_the_clients_thread, ECHO_SLEEP, "", 0, 20000);
    while (!atomic_load_explicit(&ended, memory_order_relaxed))
        echo_sleep(1);
    assert(ends == 1);
    ec.result = ec.handle;
    rpc_client_close(client);
    echo_call_done(&ec);
    echo_site_done(&site);
    return 0;
}
