#include "bench/pgbench.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"

enum { TRANSACTIONS_MAX = 4 << 20 };

static void run(const char *const *argv, const char *options) {
    pid_t child = fork();
    if (child == 0) {
        setenv("PGOPTIONS", options, 1);
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(null, STDOUT_FILENO);
        execvp(argv[0], (char *const *) argv);
        _exit(127);
    }
    int status = -1;
    must(child > 0 && waitpid(child, &status, 0) == child && status == 0, argv[0]);
}

void pgbench_sql(const char *conninfo, const char *sql) {
    run((const char *const[]){ "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-c", sql, NULL }, "");
}

/* The third column of pgbench's log is the latency in us. */
static size_t read_log(const char *path, double *ret_values, size_t room) {
    FILE *file = fopen(path, "re");
    must(file != NULL, path);
    size_t n = 0;
    double us;
    while (n < room && fscanf(file, "%*s %*s %lf %*[^\n]", &us) == 1)
        ret_values[n++] = us;
    fclose(file);
    unlink(path);
    return n;
}

static size_t read_logs(const char *prefix, double *ret_values, size_t room) {
    char pattern[128];
    glob_t found;
    size_t n = 0;
    snprintf(pattern, sizeof(pattern), "%s.*", prefix);
    must(glob(pattern, 0, NULL, &found) == 0, pattern);
    for (size_t i = 0; i < found.gl_pathc; i++)
        n += read_log(found.gl_pathv[i], ret_values + n, room - n);
    globfree(&found);
    return n;
}

pgbench_result pgbench_run(arena *mem, const char *conninfo, const char *options, const char *script, int clients,
                           int seconds) {
    char dir[] = "/tmp/bihuan-pgbench-XXXXXX";
    must(mkdtemp(dir) != NULL, dir);
    const char *prefix = arena_printf(mem, "%s/log", dir);
    const char *count = arena_printf(mem, "%d", clients), *time = arena_printf(mem, "%d", seconds);
    run((const char *const[]){ "pgbench", "-n", "-M", "prepared", "-D", "turn=-1", "-f", script, "-c", count, "-j", "1",
                               "-T", time, "-l", "--log-prefix", prefix, conninfo, NULL },
        options);
    double *us = malloc(TRANSACTIONS_MAX * sizeof(*us));
    size_t n = read_logs(prefix, us, TRANSACTIONS_MAX);
    pgbench_result result = { .per_s = (double) n / seconds, .p50_us = median(us, n) };
    free(us);
    rmdir(dir);
    return result;
}
