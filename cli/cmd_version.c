#include <stdio.h>

#include "cmd.h"

bh_err *cmd_version(UNUSED app *a, UNUSED const verb *v) {
    puts("bihuan " BIHUAN_VERSION);
    return NULL;
}
