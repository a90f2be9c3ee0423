#include "base/json_writer.h"

#include <assert.h>
#include <inttypes.h>

void jw_init(json_writer *w, arena *mem) {
    *w = (json_writer){ 0 };
    buf_init(&w->out, mem);
}

/* Escapes what JSON demands, U+2028 and U+2029 stay: they are legal. */
static void quote(buf *out, const char *text) {
    static const char *const named[] = {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"
    };
    buf_addc(out, '"');
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char) *p;
        if (c < countof(named) && named[c])
            buf_adds(out, named[c]);
        else if (c < 0x20)
            buf_addf(out, "\\u%04x", c);
        else
            buf_addc(out, *p);
    }
    buf_addc(out, '"');
}

/* The comma before a value and its key. */
static void lead_in(json_writer *w, const char *key) {
    if (w->filled[w->depth])
        buf_addc(&w->out, ',');
    w->filled[w->depth] = true;
    if (!key)
        return;
    quote(&w->out, key);
    buf_addc(&w->out, ':');
}

static void open_level(json_writer *w, const char *key, char bracket) {
    lead_in(w, key);
    buf_addc(&w->out, bracket);
    assert(w->depth < JW_DEPTH_MAX);
    w->filled[++w->depth] = false;
}

static void close_level(json_writer *w, char bracket) {
    assert(w->depth > 0);
    w->depth--;
    buf_addc(&w->out, bracket);
}

void jw_open_object(json_writer *w, const char *key) {
    open_level(w, key, '{');
}

void jw_open_array(json_writer *w, const char *key) {
    open_level(w, key, '[');
}

void jw_close_object(json_writer *w) {
    close_level(w, '}');
}

void jw_close_array(json_writer *w) {
    close_level(w, ']');
}

void jw_string(json_writer *w, const char *key, const char *text) {
    lead_in(w, key);
    if (text)
        quote(&w->out, text);
    else
        buf_adds(&w->out, "null");
}

void jw_int(json_writer *w, const char *key, int64_t number) {
    lead_in(w, key);
    buf_addf(&w->out, "%" PRId64, number);
}

void jw_bool(json_writer *w, const char *key, bool value) {
    jw_raw(w, key, value ? "true" : "false");
}

void jw_null(json_writer *w, const char *key) {
    jw_raw(w, key, "null");
}

void jw_raw(json_writer *w, const char *key, const char *json) {
    lead_in(w, key);
    buf_adds(&w->out, json);
}
