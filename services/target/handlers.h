/* What main.c puts into the descriptor of the target service. */
#pragma once

#include "rpc/handler.h"

extern const rpc_service target_rpc;
