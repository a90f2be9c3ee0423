/* One main for every service: a service is a descriptor. */
#pragma once

#include "base/call.h"
#include "pg/pg.h"
#include "rpc/handler.h"

struct rpc_client;
struct rpc_server;

/* The configuration every service reads (BIHUAN_..., see service.c). */
typedef struct service_settings {
    const char *database;
    const char *endpoint;
    const char *place;
    const char *key_file;
    const char *allow_file;
    const char *peers_file;
    const char *metrics;
    int64_t site_id;
    int64_t workers;
    int64_t queue_max;
    int64_t connections;
    int64_t readers;
    int64_t set_max;
    int64_t statement_timeout_ms;
} service_settings;

/* A running service, as its jobs and tests see it. */
typedef struct service_runtime {
    const struct bh_service *service;
    service_settings settings;
    pg_pool *pool;
    struct rpc_client *client; /* calls other services */
    struct rpc_server *server; /* while it serves; else NULL */
} service_runtime;

/* Work done beside calls, in a thread of its own: run again `interval_ms` after it returned; at once when it asks. */
typedef struct service_job {
    const char *name;
    int64_t interval_ms;
    /* *ret_again = true: there is more to do now. An error is logged and tried again later. */
    bh_err *(*run)(bh_call *call, service_runtime *runtime, bool *ret_again);
} service_job;

typedef struct bh_service {
    const char *name; /* "task": also the schema and the name in the allow-list */
    const rpc_service *rpc;
    const pg_stmt *statements;
    size_t statement_count;
    const pg_stmt *hold_place; /* the one of them that service/place.h runs */
    const service_job *jobs;
    size_t job_count;
} bh_service;

/* Reads the settings, connects to the database, prepares every statement. service_close accepts a half-open one. */
MUST bh_err *service_open(bh_call *call, const bh_service *service, service_runtime *ret_runtime);
void service_close(service_runtime *runtime);

/* --help, settings, database, sockets, jobs; serves until SIGTERM or SIGINT; the exit status. */
int bh_main(int argc, char **argv, const bh_service *service);
