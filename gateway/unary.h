/* Unary calls: POST /bihuan.v1.XService/Method, in any of the protocols of protocol.h. */
#pragma once

#include "ask.h"

/* Takes a request whose path is that of a service, or answers it at once. */
void unary_begin(asker *by, http_stream *s);
