/* The methods of TargetService, who may call them, and what else the service is: what main.c runs and tests open. */
#pragma once

#include "service/service.h"

extern const bh_service target_service;
