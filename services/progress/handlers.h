/* What main.c puts into the descriptor of the progress service. */
#pragma once

#include "rpc/handler.h"

extern const rpc_service progress_rpc;
