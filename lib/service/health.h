/* What every service offers beside its own methods: whether it can do its work. */
#pragma once

#include "rpc/handler.h"

extern const rpc_service health_rpc;
