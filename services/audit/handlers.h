/* The methods of AuditService and who may call them. */
#pragma once

#include "rpc/handler.h"

extern const rpc_service audit_rpc;
