/* A temporary PostgreSQL cluster that a test may kill and start again. */
#pragma once

#include <sys/types.h>

typedef struct pgtemp {
    char dir[64];
    char conninfo[128]; /* a superuser's, database postgres */
    pid_t postmaster;   /* 0 while it is down */
} pgtemp;

/* Makes the cluster with deploy/cluster in TMPDIR and starts it; the server ends with this process at the latest.
 * Failure ends the test. */
void pgtemp_start(pgtemp *t);
/* kill -9; returns when the postmaster is gone. */
void pgtemp_kill(pgtemp *t);
/* Starts it again and waits until it answers. */
void pgtemp_restart(pgtemp *t);
/* Stops it and removes the folder. */
void pgtemp_stop(pgtemp *t);

/* Runs SQL; failure ends the test. */
void pgtemp_sql(const char *conninfo, const char *sql);
/* The same with a command of psql. */
void pgtemp_psql(const char *conninfo, const char *command);
