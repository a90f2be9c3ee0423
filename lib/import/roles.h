/* Which numbers of a clause are to be reached. */
#pragma once

#include "import/clause.h"

typedef enum role { ROLE_NONE, ROLE_TARGET, ROLE_UNCLEAR } role;

role role_of_figure(const clause *c, size_t i);
