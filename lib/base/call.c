#include "base/call.h"

#include "base/clock.h"
#include "base/hash.h"

enum {
    CALL_MEMORY_MAX = 64 << 20,
    LOOK_MS = 20, /* how soon a sleeper notices; looking is cheap, and needs nobody who wakes him */
};

static bool is_cancelled(const bh_call *call) {
    return call->cancelled && atomic_load(call->cancelled);
}

bool call_is_over(const bh_call *call) {
    return is_cancelled(call) || clock_mono_ms() >= call->deadline_ms;
}

bh_err *call_check(bh_call *call) {
    if (!call_is_over(call))
        return NULL;
    return is_cancelled(call) ? bh_fail(call, CALL_CANCELLED) : bh_fail(call, DEADLINE_EXPIRED);
}

int64_t call_look_ms(const bh_call *call) {
    int64_t next_ms = call->cancelled ? clock_mono_ms() + LOOK_MS : call->deadline_ms;
    return next_ms < call->deadline_ms ? next_ms : call->deadline_ms;
}

bh_call *call_new(const char *method, int64_t timeout_ms) {
    arena *mem = arena_new(CALL_MEMORY_MAX);
    bh_call *call = arena_alloc(mem, sizeof(*call));
    *call = (bh_call){
        .mem = mem,
        .who = { .login = "", .service = "" },
        .deadline_ms = clock_mono_ms() + timeout_ms,
        .now_ms = clock_now_ms(),
        .trace_id = trace_id_new(mem),
        .method = method,
    };
    return call;
}

void call_free(bh_call *call) {
    if (call)
        arena_free(call->mem);
}
