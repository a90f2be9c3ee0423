/* Functions that overflow, truncate silently or keep hidden state do not compile (force-included). */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi atol atof
#pragma GCC poison asctime ctime localtime gmtime rand srand
