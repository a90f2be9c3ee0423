/* The methods of ProgressService, who may call them, and what else the service is: what main.c runs and tests open. */
#pragma once

#include "service/service.h"

extern const bh_service progress_service;
