/* The files an operator writes by hand: read or refused with a line number, never trusted. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rpc/allow.h"
#include "rpc/keys.h"
#include "rpc/peers.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    char path[64];
    bh_call *c = call_new("fuzz", 0);
    int fd = memfd_create("table", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, bytes, n) == (ssize_t) n);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    allow_list *list = NULL;
    rpc_peer *peers;
    size_t peer_count;
    bh_err *err = allow_open(c, path, &list);
    assert(!err || strcmp(err->reason, "TABLE_UNUSABLE") == 0);
    assert(err || !allow_find(list, "", 0));
    allow_close(list);
    err = rpc_peers_load(c, path, &peers, &peer_count);
    for (size_t i = 0; !err && i < peer_count; i++)
        assert(rpc_key_text_is_valid(peers[i].public_key));
    close(fd);
    call_free(c);
    return 0;
}
