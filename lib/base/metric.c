#include "base/metric.h"

#include <inttypes.h>

static const struct {
    int64_t ms;
    const char *seconds;
} bounds[METRIC_BOUNDS] = {
    { 1, "0.001" }, { 2, "0.002" }, { 5, "0.005" }, { 10, "0.01" }, { 20, "0.02" }, { 50, "0.05" },
    { 100, "0.1" }, { 200, "0.2" }, { 500, "0.5" }, { 1000, "1" },  { 5000, "5" },  { 30000, "30" },
};

void metric_times_add(metric_times *times, int64_t ms) {
    size_t i = 0;
    while (i < countof(bounds) && ms > bounds[i].ms)
        i++;
    atomic_fetch_add_explicit(&times->up_to[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&times->sum_ms, (uint64_t) ms, memory_order_relaxed);
}

void metric_head(buf *out, const char *name, const char *type, const char *help) {
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metric_sample(buf *out, const char *name, const char *labels, uint64_t value) {
    if (*labels)
        buf_addf(out, "%s{%s} %" PRIu64 "\n", name, labels, value);
    else
        buf_addf(out, "%s %" PRIu64 "\n", name, value);
}

/* Counted in one pass, so that the buckets never disagree with the count. */
void metric_times_write(buf *out, const char *name, const char *labels, metric_times *times) {
    const char *comma = *labels ? "," : "";
    uint64_t n = 0;
    for (size_t i = 0; i <= countof(bounds); i++) {
        n += atomic_load(&times->up_to[i]);
        const char *bound = i < countof(bounds) ? bounds[i].seconds : "+Inf";
        buf_addf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, labels, comma, bound, n);
    }
    enum { MS_PER_S = 1000 };
    buf_addf(out, "%s_sum{%s} %.3f\n", name, labels, (double) atomic_load(&times->sum_ms) / MS_PER_S);
    buf_addf(out, "%s_count{%s} %" PRIu64 "\n", name, labels, n);
}
