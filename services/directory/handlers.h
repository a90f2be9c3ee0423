/* The methods of DirectoryService and who may call them. */
#pragma once

#include "rpc/handler.h"

extern const rpc_service directory_rpc;
