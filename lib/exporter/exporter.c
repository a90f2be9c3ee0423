#include "exporter/exporter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/metric.h"

enum { ANSWER_MEMORY_MAX = 16 << 20, CONNECTIONS_MAX = 4, IDLE_S_MAX = 5, BACKLOG = 4 };

struct exporter {
    struct MHD_Daemon *daemon;
    void (*write)(buf *out, void *data);
    void *data;
};

/* Pages of this process that lie in memory; 0 when the system does not say. */
static uint64_t resident_pages(void) {
    char text[128] = "";
    char *after;
    FILE *f = fopen("/proc/self/statm", "re");
    bool is_read = f && fgets(text, sizeof(text), f);
    if (f)
        fclose(f);
    strtoull(text, &after, 10);
    return is_read ? strtoull(after, NULL, 10) : 0;
}

static void write_process(buf *out) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    const double us_per_s = 1e6;
    double cpu_s = (double) (used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                   (double) (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / us_per_s;
    metric_head(out, "process_cpu_seconds_total", "counter", "User and system time spent.");
    buf_addf(out, "process_cpu_seconds_total %.3f\n", cpu_s);
    metric_head(out, "process_resident_memory_bytes", "gauge", "Resident memory.");
    metric_sample(out, "process_resident_memory_bytes", "", resident_pages() * (uint64_t) sysconf(_SC_PAGESIZE));
}

/* The answer keeps its bytes in an arena until it is sent. */
static void forget(void *mem) {
    arena_free(mem);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, arena *mem, const buf *body) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(body->n, body->s, forget, mem);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; version=0.0.4");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, UNUSED const char *url,
                                  const char *method, UNUSED const char *version, UNUSED const char *upload,
                                  UNUSED size_t *upload_size, UNUSED void **request) {
    const exporter *e = data;
    arena *mem = arena_new(ANSWER_MEMORY_MAX);
    buf body;
    buf_init(&body, mem);
    bool is_get = strcmp(method, MHD_HTTP_METHOD_GET) == 0;
    if (is_get) {
        e->write(&body, e->data);
        write_process(&body);
    }
    return answer(connection, is_get ? MHD_HTTP_OK : MHD_HTTP_METHOD_NOT_ALLOWED, mem, &body);
}

/* The socket of a process that was killed stays behind. Who may connect is said by the folder it lies in. -1 with
 * errno: it cannot be. */
static int listen_at(const char *path) {
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(at.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(at.sun_path, path, strlen(path));
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    enum { ANYBODY = 0666 };
    if (bind(fd, (struct sockaddr *) &at, sizeof(at)) == 0 && chmod(path, ANYBODY) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

bh_err *exporter_open(bh_call *call, const char *path, void (*write)(buf *out, void *data), void *data,
                      exporter **ret_exporter) {
    *ret_exporter = NULL;
    if (!*path)
        return NULL;
    int fd = listen_at(path);
    if (fd < 0)
        return bh_fail(call, ENDPOINT_UNUSABLE, path, strerror(errno));
    exporter *e = calloc(1, sizeof(*e));
    if (!e)
        abort();
    *e = (exporter){ .write = write, .data = data };
    e->daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD, 0, NULL, NULL, on_request, e, MHD_OPTION_LISTEN_SOCKET,
                                 fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                                 IDLE_S_MAX, MHD_OPTION_END);
    if (!e->daemon) {
        free(e);
        close(fd);
        return bh_fail(call, ENDPOINT_UNUSABLE, path, "no thread");
    }
    *ret_exporter = e;
    return NULL;
}

void exporter_close(exporter *e) {
    if (!e)
        return;
    MHD_stop_daemon(e->daemon);
    free(e);
}
