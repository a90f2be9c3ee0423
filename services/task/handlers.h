/* The methods of bihuan.v1.TaskService. */
#pragma once

#include "rpc/handler.h"

extern const rpc_service task_rpc;
