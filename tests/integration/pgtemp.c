#include "integration/pgtemp.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLUSTER BIHUAN_TOP "/deploy/cluster"
#define SERVER "/usr/lib/postgresql/15/bin/postgres"
#define AS_POSTGRES "--reuid=postgres", "--regid=postgres", "--init-groups"

static _Noreturn void die(const char *what) {
    fprintf(stderr, "fatal: %s\n", what);
    abort();
}

/* Runs a program to its end; returns its wait status. */
static int run(const char *const *argv) {
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[0], (char *const *) argv);
        _exit(127);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child)
        die(argv[0]);
    return status;
}

void pgtemp_sql(const char *conninfo, const char *sql) {
    PGconn *conn = PQconnectdb(conninfo);
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        fprintf(stderr, "%s", PQerrorMessage(conn));
        die(sql);
    }
    PQclear(result);
    PQfinish(conn);
}

void pgtemp_psql(const char *conninfo, const char *command) {
    const char *const argv[] = { "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-c", command, NULL };
    if (run(argv) != 0)
        die(command);
}

static void pause_ms(int ms) {
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

/* False when the server ends instead of answering. */
static bool await_answer(pgtemp *t) {
    enum { TRIES = 600 };
    for (int i = 0; i < TRIES; i++) {
        if (PQping(t->conninfo) == PQPING_OK)
            return true;
        if (waitpid(t->postmaster, NULL, WNOHANG) == t->postmaster)
            return false;
        pause_ms(20);
    }
    die("the temporary cluster does not answer");
}

static void launch(pgtemp *t) {
    t->postmaster = fork();
    if (t->postmaster < 0)
        die("fork");
    if (t->postmaster > 0)
        return;
    char log[96];
    char data[96];
    snprintf(log, sizeof(log), "%s/log", t->dir);
    snprintf(data, sizeof(data), "%s/data", t->dir);
    if (!freopen(log, "a", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0 || chdir(t->dir) != 0)
        _exit(126);
    const char *const *as_root =
        (const char *const[]){ "setpriv", "--pdeathsig=INT", AS_POSTGRES, SERVER, "-D", data, NULL };
    /* Only root may, and must, become another user. */
    const char *const *as_user = (const char *const[]){ "setpriv", "--pdeathsig=INT", SERVER, "-D", data, NULL };
    execvp("setpriv", (char *const *) (geteuid() == 0 ? as_root : as_user));
    _exit(127);
}

void pgtemp_restart(pgtemp *t) {
    /* A server does not start while children of the killed one still hold its shared memory. */
    enum { TRIES = 100 };
    for (int i = 0; i < TRIES; i++) {
        launch(t);
        if (await_answer(t))
            return;
        pause_ms(50);
    }
    die("the temporary cluster does not start");
}

static void end(pgtemp *t, int signal) {
    kill(t->postmaster, signal);
    waitpid(t->postmaster, NULL, 0);
    t->postmaster = 0;
}

void pgtemp_kill(pgtemp *t) {
    end(t, SIGKILL);
}

void pgtemp_start(pgtemp *t) {
    const char *where = getenv("TMPDIR");
    *t = (pgtemp){ 0 };
    snprintf(t->dir, sizeof(t->dir), "%s/bihuan-pgtemp.XXXXXX", where ? where : "/tmp");
    if (!mkdtemp(t->dir))
        die("mkdtemp");
    snprintf(t->conninfo, sizeof(t->conninfo), "host=%s/run user=postgres dbname=postgres", t->dir);
    if (run((const char *const[]){ CLUSTER, "init", t->dir, NULL }) != 0)
        die("deploy/cluster init");
    pgtemp_restart(t);
}

void pgtemp_stop(pgtemp *t) {
    if (t->postmaster)
        end(t, SIGINT);
    run((const char *const[]){ "rm", "-rf", t->dir, NULL });
}
