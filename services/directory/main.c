/* bihuan-directory [--bootstrap LOGIN] */
#include <stdio.h>
#include <string.h>

#include "bootstrap.h"
#include "handlers.h"
#include "settings.h"

enum { START_TIMEOUT_MS = 1000 };

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--bootstrap") == 0)
        return bootstrap(argv[2]);
    bh_call *c = call_new("start", START_TIMEOUT_MS);
    bh_err *e = settings_load(c);
    if (e)
        fprintf(stderr, "%s\n%s\n", e->zh, e->en);
    int status = e ? bh_code_exit(e->code) : bh_main(argc, argv, &directory_service);
    call_free(c);
    return status;
}
