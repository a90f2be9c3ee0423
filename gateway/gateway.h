/* What the parts of the gateway share. */
#pragma once

#include "ask.h"
#include "evidence.h"
#include "server.h"

typedef struct settings {
    const char *listen;
    const char *key_file;
    const char *peers_file;
    const char *evidence_dir;
    const char *metrics;
    int64_t evidence_size_max;
    int64_t timeout_ms;
    int64_t calls_max;
    int64_t drain_ms;
} settings;

typedef struct gateway {
    settings settings;
    http_app app;
    server *server;
    asker asker;
    disk disk;
    evidence_store evidence;
} gateway;

/* Chooses who takes a request; http_app.begin. */
void gateway_begin(http_stream *s);
