#include "rpc/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zmq.h>

#include "rpc/table.h"

bool rpc_key_text_is_valid(const char *text) {
    uint8_t bytes[32];
    return strlen(text) == RPC_KEY_TEXT_SIZE - 1 && zmq_z85_decode(bytes, text) != NULL;
}

static bh_err *check_mode(bh_call *call, const char *path) {
    struct stat status;
    if (stat(path, &status) != 0)
        return bh_fail(call, KEY_UNUSABLE, path, strerror(errno));
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return bh_fail(call, KEY_UNUSABLE, path, "others may read it; chmod 600");
    return NULL;
}

bh_err *rpc_key_load(bh_call *call, const char *path, rpc_key *ret_key) {
    table_row *rows;
    size_t n;
    TRY(check_mode(call, path));
    TRY(table_read(call, path, &rows, &n));
    if (n != 1 || rows[0].n != 2 || strcmp(rows[0].word[0], "secret") != 0 || !rpc_key_text_is_valid(rows[0].word[1]))
        return bh_fail(call, KEY_UNUSABLE, path, "it must read: secret KEY, 40 digits of Z85");
    *ret_key = (rpc_key){ 0 };
    memcpy(ret_key->secret_text, rows[0].word[1], RPC_KEY_TEXT_SIZE);
    if (zmq_curve_public(ret_key->public_text, ret_key->secret_text) != 0)
        return bh_fail(call, KEY_UNUSABLE, path, zmq_strerror(errno));
    return NULL;
}

bh_err *rpc_key_create(bh_call *call, const char *path, rpc_key *ret_key) {
    *ret_key = (rpc_key){ 0 };
    if (zmq_curve_keypair(ret_key->public_text, ret_key->secret_text) != 0)
        return bh_fail(call, KEY_UNUSABLE, path, zmq_strerror(errno));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return bh_fail(call, KEY_UNUSABLE, path, strerror(errno));
    int written = dprintf(fd, "secret %s\n", ret_key->secret_text);
    int closed = fsync(fd) | close(fd);
    if (written < 0 || closed != 0)
        return bh_fail(call, KEY_UNUSABLE, path, "writing failed");
    return NULL;
}
