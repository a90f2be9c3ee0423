/* gRPC C++ as the rival of the echo: its best kind of server. */
#pragma once

typedef struct grpc_result {
    const char *server; /* the kind that was best */
    double per_s;
    double cpu_us; /* per call, client and server together */
} grpc_result;

/* Runs every kind of server of the program bench/rivals/grpc builds; failure ends the program. */
grpc_result grpc_best(const char *program, int in_flight, int ms);
