/* The protocols in which the services are called over HTTP: what is different between them, and nothing else. */
#pragma once

#include "base/buf.h"
#include "bihuan/v1/error.pb-c.h"
#include "http.h"

/* An error on its way out. */
typedef struct refusal {
    bh_code code;
    const char *message; /* in the language the client asks for */
    Bh__ErrorDetail detail;
    int64_t retry_ms; /* to come again after so long; 0: no word */
} refusal;

typedef struct protocol {
    const char *version_header; /* must be "1" where it is sent; NULL when there is none */
    const char *encoding_header;
    const char *timeout_header;
    bh_detail timeout_rule; /* what the timeout must look like */
    bool (*read_timeout)(const char *text, int64_t *ret_ms);
    http_header accepts;  /* what every answer says about encodings; without a name: nothing */
    size_t envelope_size; /* bytes in front of a message, in both directions: ENVELOPE_SIZE or 0 */
    bool is_for_calls, is_for_streams;
    /* After the last message, where messages have envelopes: adds what still belongs in the body, and the trailers.
     * NULL for r: all went well. */
    void (*end)(http_stream *s, const refusal *r, buf *body);
    /* Instead of any message. */
    void (*refuse)(http_stream *s, const refusal *r);
} protocol;

/* The error as JSON beside this HTTP status and one header more. */
void connect_refuse(http_stream *s, int status, http_header more, const refusal *r);

extern const protocol connect_protocol, connect_stream_protocol, grpc_protocol, grpc_web_protocol;

/* What a content type stands for. */
typedef struct media {
    const char *type;
    const protocol *protocol;
    bool is_json;
} media;

/* The row of the request's content type, or NULL. */
const media *media_of(const http_stream *s);
/* All content types, for people. */
const char *media_list(arena *mem);
/* How the client is spoken to: Connect, unless it speaks something else. */
const protocol *protocol_of(const http_stream *s);
