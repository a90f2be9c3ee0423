#include "protocol.h"

#include <strings.h>

static const media types[] = {
    { "application/json", &connect_protocol, true },
    { "application/proto", &connect_protocol, false },
    { "application/connect+json", &connect_stream_protocol, true },
    { "application/connect+proto", &connect_stream_protocol, false },
    { "application/grpc", &grpc_protocol, false },
    { "application/grpc+proto", &grpc_protocol, false },
    { "application/grpc-web", &grpc_web_protocol, false },
    { "application/grpc-web+proto", &grpc_web_protocol, false },
};

const media *media_of(const http_stream *s) {
    const char *sent = http_header_of(s, "content-type");
    size_t n = strcspn(sent, "; \t");
    for (size_t i = 0; i < countof(types); i++)
        if (strlen(types[i].type) == n && strncasecmp(types[i].type, sent, n) == 0)
            return &types[i];
    return NULL;
}

const char *media_list(arena *mem) {
    buf out;
    buf_init(&out, mem);
    for (size_t i = 0; i < countof(types); i++)
        buf_addf(&out, "%s%s", i ? ", " : "", types[i].type);
    return out.s;
}

const protocol *protocol_of(const http_stream *s) {
    const media *found = media_of(s);
    return found ? found->protocol : &connect_protocol;
}
