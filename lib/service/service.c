#include "service/service.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/log.h"
#include "bihuan_methods.h"
#include "exporter/exporter.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "service/health.h"
#include "service/jobs.h"
#include "service/place.h"

enum { START_TIMEOUT_MS = 60000 };

#define SETTING(field) offsetof(service_settings, field)
static const conf_row conf[] = {
    { "DATABASE", CONF_TEXT, SETTING(database), NULL, "libpq connection string" },
    { "ENDPOINT", CONF_TEXT, SETTING(endpoint), NULL, "where to listen, tcp://127.0.0.1:7001" },
    { "PLACE", CONF_TEXT, SETTING(place), "", "where callers reach us; empty: as ENDPOINT; -: they are not told" },
    { "KEY_FILE", CONF_TEXT, SETTING(key_file), NULL, "own secret key, mode 0600" },
    { "ALLOW_FILE", CONF_TEXT, SETTING(allow_file), NULL, "keys that may call" },
    { "PEERS_FILE", CONF_TEXT, SETTING(peers_file), NULL, "where the other services are" },
    { "METRICS", CONF_TEXT, SETTING(metrics), "", "Unix socket where counters are read; empty: none" },
    { "SITE", CONF_INT, SETTING(site_id), "1", "number of this site" },
    { "WORKERS", CONF_INT, SETTING(workers), "64", "threads that run handlers" },
    { "QUEUE_MAX", CONF_INT, SETTING(queue_max), "1024", "calls that may wait for a worker" },
    { "CONNECTIONS", CONF_INT, SETTING(connections), "1", "database connections for commands; 2 on slow disks" },
    { "READERS", CONF_INT, SETTING(readers), "2", "database connections for queries" },
    { "SET_MAX", CONF_INT, SETTING(set_max), "64", "commands in one statement" },
    { "STATEMENT_TIMEOUT_MS", CONF_INT, SETTING(statement_timeout_ms), "5000", "limit of one statement" },
};

bh_err *service_open(bh_call *call, const bh_service *service, service_runtime *ret_runtime) {
    *ret_runtime = (service_runtime){ .service = service };
    service_settings *s = &ret_runtime->settings;
    TRY(conf_load(call, conf, countof(conf), s));
    pg_options database = {
        .conninfo = s->database,
        .connections = (int) s->connections,
        .readers = (int) s->readers,
        .set_max = (int) s->set_max,
        .statement_timeout_ms = (int) s->statement_timeout_ms,
    };
    TRY(pg_pool_open(call, &database, service->statements, service->statement_count, &ret_runtime->pool));
    rpc_client_options peers = {
        .key_file = s->key_file,
        .peers_file = s->peers_file,
        .repeatable = bihuan_repeatable,
    };
    return rpc_client_open(call, &peers, &ret_runtime->client);
}

void service_close(service_runtime *runtime) {
    rpc_client_close(runtime->client);
    pg_pool_close(runtime->pool);
}

static void block_signals(sigset_t *ret_signals) {
    sigemptyset(ret_signals);
    sigaddset(ret_signals, SIGTERM);
    sigaddset(ret_signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void *stop_on_signal(void *data) {
    sigset_t signals;
    block_signals(&signals);
    int received;
    sigwait(&signals, &received);
    rpc_server_stop(data);
    return NULL;
}

/* What the process counts, for its exporter. */
typedef struct counters {
    const rpc_server *server;
    pg_pool *pool;
} counters;

static void write_counters(buf *out, void *data) {
    const counters *c = data;
    rpc_server_metrics(c->server, out);
    pg_pool_metrics(c->pool, out);
}

/* What every service does beside calls. */
static const service_job common_jobs[] = { { .name = "place", .interval_ms = PLACE_INTERVAL_MS, .run = place_hold } };

/* Until the server was told to stop and has drained. */
static void run(service_runtime *runtime) {
    job_threads *own = jobs_start(runtime, runtime->service->jobs, runtime->service->job_count);
    job_threads *common = jobs_start(runtime, common_jobs, countof(common_jobs));
    log_event(LOG_INFO, "service.ready", "endpoint=%s", rpc_server_endpoint(runtime->server));
    rpc_server_run(runtime->server);
    jobs_stop(own);
    jobs_stop(common);
}

static bh_err *serve(bh_call *call, service_runtime *runtime) {
    const service_settings *s = &runtime->settings;
    rpc_server_options options = {
        .name = runtime->service->name,
        .endpoint = s->endpoint,
        .key_file = s->key_file,
        .allow_file = s->allow_file,
        .workers = (int) s->workers,
        .queue_max = (int) s->queue_max,
        .site_id = (int32_t) s->site_id,
        .streams = bihuan_streams,
        .backend = runtime->pool,
    };
    const rpc_service offered[] = { *runtime->service->rpc, health_rpc };
    rpc_server *server;
    TRY(rpc_server_open(call, &options, offered, countof(offered), &server));
    const counters counted = { server, runtime->pool };
    exporter *metrics;
    TRY(exporter_open(call, s->metrics, write_counters, (void *) &counted, &metrics));
    pthread_t stopper;
    if (pthread_create(&stopper, NULL, stop_on_signal, server) != 0)
        return bh_fail(call, INTERNAL_ERROR, "no thread for signals");
    runtime->server = server;
    run(runtime);
    exporter_close(metrics);
    pthread_join(stopper, NULL);
    rpc_server_close(server);
    return NULL;
}

static int help(const bh_service *service) {
    printf("bihuan-%s: settings come from the environment\n", service->name);
    conf_print(conf, countof(conf));
    return 0;
}

int bh_main(int argc, char **argv, const bh_service *service) {
    if (argc > 1)
        return strcmp(argv[1], "--help") == 0 ? help(service) : 2;
    sigset_t signals;
    block_signals(&signals);
    log_open(service->name, LOG_INFO);
    bh_call *call = call_new("start", START_TIMEOUT_MS);
    service_runtime runtime;
    bh_err *e = service_open(call, service, &runtime);
    if (!e)
        e = serve(call, &runtime);
    if (e)
        log_event(LOG_ERROR, "service.failed", "reason=%s %s", e->reason, e->en);
    service_close(&runtime);
    int status = e ? bh_code_exit(e->code) : 0;
    call_free(call);
    return status;
}
