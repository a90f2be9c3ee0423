/* bihuan-gateway: HTTP/2 in, RPC out. */
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "bihuan_methods.h"
#include "exporter/exporter.h"
#include "gateway.h"
#include "sweep.h"

enum { START_TIMEOUT_MS = 60000 };

#define SETTING(field) offsetof(settings, field)
static const conf_row conf[] = {
    { "LISTEN", CONF_TEXT, SETTING(listen), "127.0.0.1:8081", "where HAProxy finds us, HTTP/2 without TLS" },
    { "KEY_FILE", CONF_TEXT, SETTING(key_file), NULL, "own secret key, mode 0600" },
    { "PEERS_FILE", CONF_TEXT, SETTING(peers_file), NULL, "where the services are" },
    { "EVIDENCE_DIR", CONF_TEXT, SETTING(evidence_dir), NULL, "folder of evidence files" },
    { "EVIDENCE_SIZE_MAX", CONF_INT, SETTING(evidence_size_max), "104857600", "bytes of one evidence file" },
    { "OTHERS", CONF_TEXT, SETTING(others), "", "the other gateways, by their names in the peers file; empty: none" },
    { "ENDPOINT", CONF_TEXT, SETTING(endpoint), "", "where the other gateways find us, tcp://10.0.0.1:7006" },
    { "ALLOW_FILE", CONF_TEXT, SETTING(allow_file), "", "keys of the other gateways" },
    { "METRICS", CONF_TEXT, SETTING(metrics), "", "Unix socket where counters are read; empty: none" },
    { "TIMEOUT_MS", CONF_INT, SETTING(timeout_ms), "30000", "longest wait for one call" },
    { "CALLS_MAX", CONF_INT, SETTING(limits.calls_max), "1024", "requests at work; further ones are refused" },
    { "STREAMS_MAX", CONF_INT, SETTING(limits.streams_max), "4096", "open streams beside them" },
    { "STREAM_MS", CONF_INT, SETTING(stream_ms), "600000", "longest life of one; its client then comes again" },
    { "STREAM_CHECK_MS", CONF_INT, SETTING(stream_check_ms), "45000", "after so long its session is looked at again" },
    { "CALLER_CALLS_MAX", CONF_INT, SETTING(limits.own_calls_max), "64", "of these, of one person or address" },
    { "CALLER_STREAMS_MAX", CONF_INT, SETTING(limits.own_streams_max), "32", "of these, of one person or address" },
    { "CALLER_RATE", CONF_INT, SETTING(limits.own_rate), "200", "requests a second of one person or address, ..." },
    { "CALLER_BURST", CONF_INT, SETTING(limits.own_burst), "1000", "... after so many at once" },
    { "DRAIN_MS", CONF_INT, SETTING(drain_ms), "10000", "for open requests when asked to stop" },
};

static int block_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void stop(void *data) {
    server_stop(data);
}

static void write_counters(buf *out, void *data) {
    gateway *gw = data;
    http_app_metrics(&gw->app, out);
    limits_metrics(&gw->limits, out);
}

static bh_err *open_copies(bh_call *call, gateway *gw, rpc_client *client) {
    const copies_options options = {
        .others = gw->settings.others,
        .endpoint = gw->settings.endpoint,
        .key_file = gw->settings.key_file,
        .allow_file = gw->settings.allow_file,
        .folder = gw->evidence.folder,
        .size_max = gw->settings.evidence_size_max,
    };
    return copies_open(call, client, &options, &gw->copies);
}

static bh_err *gateway_open(bh_call *call, gateway *gw) {
    TRY(conf_load(call, conf, countof(conf), &gw->settings));
    if (gw->settings.limits.own_rate < 1 || gw->settings.limits.own_rate > LIMIT_RATE_MAX)
        return bh_fail_why(call, BAD_FIELD, "BIHUAN_CALLER_RATE", BEYOND, "1", "1000000");
    limits_init(&gw->limits, &gw->settings.limits);
    gw->app = (http_app){ .begin = gateway_begin, .whole = gateway_whole, .gone = gateway_gone, .data = gw };
    gw->app.timeout_ms = gw->settings.timeout_ms;
    gw->evidence = (evidence_store){
        .asker = &gw->asker,
        .disk = &gw->disk,
        .network = &gw->network,
        .copies = &gw->copies,
        .size_max = gw->settings.evidence_size_max,
    };
    TRY(evidence_open(call, gw->settings.evidence_dir, &gw->evidence));
    TRY(server_open(call, gw->settings.listen, &gw->app, &gw->server));
    const rpc_client_options peers = {
        .key_file = gw->settings.key_file,
        .peers_file = gw->settings.peers_file,
        .repeatable = bihuan_repeatable,
        .gateway = true,
    };
    rpc_client *client;
    TRY(rpc_client_open(call, &peers, &client));
    TRY(open_copies(call, gw, client));
    if (!asker_open(&gw->asker, client) || !disk_start(&gw->disk) || !disk_start(&gw->network) ||
        !sweep_start(client, gw->evidence.folder, &gw->copies))
        return bh_fail(call, INTERNAL_ERROR, "no descriptor or thread left");
    return NULL;
}

static bh_err *serve(bh_call *call, int signals) {
    static gateway gw; /* lives as long as the process */
    exporter *metrics;
    TRY(gateway_open(call, &gw));
    TRY(exporter_open(call, gw.settings.metrics, write_counters, &gw, &metrics));
    server_watch(gw.server, signals, stop, gw.server);
    server_watch(gw.server, gw.asker.answers.fd, ask_ready, &gw.asker);
    server_watch(gw.server, gw.disk.finished.fd, disk_ready, &gw.disk);
    server_watch(gw.server, gw.network.finished.fd, disk_ready, &gw.network);
    log_event(LOG_INFO, "gateway.ready", "listen=%s port=%d", gw.settings.listen, server_port(gw.server));
    server_run(gw.server, gw.settings.drain_ms);
    copies_close(&gw.copies);
    exporter_close(metrics);
    log_event(LOG_INFO, "gateway.stopped", "open=%zu", gw.app.streams);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc > 1) {
        printf("bihuan-gateway: settings come from the environment\n");
        conf_print(conf, countof(conf));
        return strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    int signals = block_signals();
    log_open("gateway", LOG_INFO);
    bh_call *call = call_new("start", START_TIMEOUT_MS);
    bh_err *error = serve(call, signals);
    if (error)
        log_event(LOG_ERROR, "gateway.failed", "reason=%s %s", error->reason, error->en);
    int status = error ? bh_code_exit(error->code) : 0;
    call_free(call);
    return status;
}
