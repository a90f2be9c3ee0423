#include "rpc/tally.h"

#include "rpc/methods.h"

void tally_add(tally *t, bh_code code, int64_t ms) {
    size_t row = (size_t) code < countof(t->ended) ? (size_t) code : BH_UNKNOWN;
    atomic_fetch_add_explicit(&t->ended[row], 1, memory_order_relaxed);
    metric_times_add(&t->took, ms);
}

static bool was_called(const tally *t) {
    for (size_t i = 0; i < countof(t->ended); i++)
        if (atomic_load(&t->ended[i]))
            return true;
    return false;
}

static void write_ends(buf *out, const method *m) {
    for (size_t code = 0; code < TALLY_CODES; code++) {
        uint64_t n = atomic_load(&m->calls->ended[code]);
        if (n)
            metric_sample(out, "bihuan_rpc_calls_total",
                          arena_printf(out->mem, "method=\"%s\",code=\"%s\"", m->path, bh_code_name((bh_code) code)),
                          n);
    }
}

void tally_write(buf *out, const method_table *methods) {
    metric_head(out, "bihuan_rpc_calls_total", "counter", "Calls that ended, by method and status.");
    for (size_t i = 0; i < methods->n; i++)
        write_ends(out, &methods->rows[i]);
    metric_head(out, "bihuan_rpc_call_seconds", "histogram", "From the arrival of a call to its answer.");
    for (size_t i = 0; i < methods->n; i++)
        if (was_called(methods->rows[i].calls))
            metric_times_write(out, "bihuan_rpc_call_seconds",
                               arena_printf(out->mem, "method=\"%s\"", methods->rows[i].path),
                               &methods->rows[i].calls->took);
}
