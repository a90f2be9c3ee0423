/* What the gateway says about itself and the services behind it. */
#pragma once

#include "ask.h"

/* GET /livez, for the balancer: this process answers. One service that is ill must not take the others away. */
void health_livez(http_stream *s);
/* GET /healthz: 200 when every service can do its work, else 503 with the names and reasons of those that cannot. */
void health_healthz(asker *by, http_stream *s);
