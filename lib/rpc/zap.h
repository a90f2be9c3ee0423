/* Answers libzmq's question whether a CURVE key may connect (ZAP, RFC 27). Without it CURVE admits everybody. */
#pragma once

#include <stdbool.h>

#include "rpc/allow.h"

/* A socket bound to the ZAP address of the context; bind it before any other socket. NULL when that fails. */
void *zap_open(void *context);
/* Answers one waiting question; false when there is none. */
bool zap_serve(void *zap, const allow_list *list);
