/* What the parts of the gateway share. */
#pragma once

#include "ask.h"
#include "evidence.h"
#include "limit.h"
#include "server.h"

typedef struct settings {
    const char *listen;
    const char *key_file;
    const char *peers_file;
    const char *evidence_dir;
    const char *others;
    const char *endpoint;
    const char *allow_file;
    const char *metrics;
    int64_t evidence_size_max;
    int64_t timeout_ms;
    limit_settings limits;
    int64_t stream_ms;
    int64_t stream_check_ms;
    int64_t drain_ms;
} settings;

typedef struct gateway {
    settings settings;
    http_app app;
    limits limits;
    server *server;
    asker asker;
    disk disk;
    disk network;
    copies copies;
    evidence_store evidence;
} gateway;

/* Chooses who takes a request; http_app.begin. */
void gateway_begin(http_stream *s);
/* http_app.whole. */
void gateway_whole(http_stream *s);
/* http_app.gone. */
void gateway_gone(http_stream *s);
