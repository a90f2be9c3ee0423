#include "base/call.h"

#include "base/clock.h"
#include "base/hash.h"

enum { CALL_MEMORY_MAX = 64 << 20 };

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
