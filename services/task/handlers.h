/* The methods of TaskService, who may call them, and what else the service is: what main.c runs and tests open. */
#pragma once

#include "service/service.h"

extern const bh_service task_service;
