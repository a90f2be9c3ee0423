/* The Connect protocol, unary: POST /bihuan.v1.XService/Method with JSON or protobuf. */
#pragma once

#include "ask.h"

enum { CONNECT_BODY_MAX = 4 << 20 };

/* Takes a request whose path is that of a service, or answers it at once. */
void connect_begin(asker *by, http_stream *s);
