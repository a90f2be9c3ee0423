#include "base/err.h"

#include <string.h>

#include "base/call.h"

typedef struct code_row {
    const char *name;
    const char *connect;
    int http;
    int exit;
} code_row;

static const code_row codes[] = {
#define CODE(name, number, connect, http, exit) [number] = { #name, connect, http, exit },
#include "base/codes.def"
#undef CODE
};

typedef struct reason_row {
    const char *name;
    bh_code code;
    const char *zh;
    const char *en;
} reason_row;

static const reason_row reasons[] = {
#define REASON(name, code, zh, en) { #name, BH_##code, zh, en },
#include "base/reasons.def"
#undef REASON
};

static const struct {
    const char *zh;
    const char *en;
} details[] = {
#define DETAIL(name, zh, en) [BH_DETAIL_##name] = { zh, en },
#include "base/details.def"
#undef DETAIL
};

static const code_row *row_of(bh_code code) {
    return (size_t) code < countof(codes) ? &codes[code] : &codes[BH_UNKNOWN];
}

const char *bh_code_name(bh_code code) {
    return row_of(code)->name;
}

const char *bh_code_connect(bh_code code) {
    return row_of(code)->connect;
}

int bh_code_http(bh_code code) {
    return row_of(code)->http;
}

int bh_code_exit(bh_code code) {
    return row_of(code)->exit;
}

bh_code bh_code_of_connect(const char *name) {
    for (size_t i = 0; i < countof(codes); i++)
        if (strcmp(codes[i].connect, name) == 0)
            return (bh_code) i;
    return BH_UNKNOWN;
}

const char *bh_sentence(bh_call *call, const char *sentence, const char *const args[4]) {
    enum { ARGUMENTS = 4 };
    return arena_fill(call->mem, sentence, args, ARGUMENTS);
}

bh_err *bh_err_raw(bh_call *call, bh_err error) {
    error.unblock_zh = error.unblock_zh ? error.unblock_zh : "";
    error.unblock_en = error.unblock_en ? error.unblock_en : "";
    return arena_memdup(call->mem, &error, sizeof(error));
}

static bh_err *make(bh_call *call, bh_reason reason, const char *file, int line, const char *const zh[4],
                    const char *const en[4]) {
    const reason_row *row = &reasons[reason];
    return bh_err_raw(call, (bh_err){
                                .code = row->code,
                                .reason = row->name,
                                .zh = bh_sentence(call, row->zh, zh),
                                .en = bh_sentence(call, row->en, en),
                                .file = file,
                                .line = line,
                            });
}

bh_err *bh_err_new(bh_call *call, bh_reason reason, const char *file, int line, const char *const args[4]) {
    return make(call, reason, file, line, args, args);
}

bh_err *bh_err_why(bh_call *call, bh_reason reason, const char *place, bh_detail detail, const char *file, int line,
                   const char *const args[4]) {
    const char *const zh[4] = { place, bh_sentence(call, details[detail].zh, args) };
    const char *const en[4] = { place, bh_sentence(call, details[detail].en, args) };
    return make(call, reason, file, line, zh, en);
}
