/* bihuan-keygen FILE NAME ROLE: a CURVE key pair; the secret half goes to FILE, the allow-list line to stdout. */
#include <stdio.h>

#include "rpc/keys.h"

int main(int argc, char **argv) {
    if (argc != 4) {
        fputs("usage: bihuan-keygen FILE NAME gateway|service|tool\n", stderr);
        return 2;
    }
    bh_call *call = call_new("keygen", 0);
    rpc_key key;
    bh_err *err = rpc_key_create(call, argv[1], &key);
    if (err)
        fprintf(stderr, "%s\n", err->en);
    else
        printf("%s %s %s\n", argv[2], argv[3], key.public_text);
    int status = err ? bh_code_exit(err->code) : 0;
    call_free(call);
    return status;
}
