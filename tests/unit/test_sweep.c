/* The sweep of evidence files against an upload of the same bytes at the worst moment. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macros.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "gateway/sweep.h"

#define REST "11111111111111111111111111111111111111111111111111111111111111"
#define SHELVED "ab/" REST

static char folder[] = "/tmp/bihuan-sweep.XXXXXX";
static bool is_uploaded_meanwhile;

static void write_file(int at, const char *path, const char *text) {
    int fd = openat(at, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* The service knows nothing yet. */
bh_err *rpc_call(UNUSED rpc_client *client, bh_call *c, UNUSED const ProtobufCServiceDescriptor *service,
                 UNUSED const char *method, UNUSED const ProtobufCMessage *request, ProtobufCMessage **ret_response) {
    Bh__FindEvidenceResponse *none = arena_alloc(c->mem, sizeof(*none));
    bh__find_evidence_response__init(none);
    *ret_response = &none->base;
    return NULL;
}

bool copies_offer(UNUSED const copies *c, UNUSED char *const *digests, UNUSED size_t n, UNUSED bool is_awaited) {
    return true;
}

/* The last thing before the file is moved: here an upload comes in between, as a rename over the file. */
int futimens(UNUSED int fd, UNUSED const struct timespec times[2]) {
    if (!is_uploaded_meanwhile)
        return utimensat(AT_FDCWD, SHELVED, NULL, 0);
    write_file(AT_FDCWD, "new", "new");
    return rename("new", SHELVED);
}

static void sweep_beside_upload(bool is_uploaded) {
    sweep_counts n;
    is_uploaded_meanwhile = is_uploaded;
    mkdir("ab", 0700);
    write_file(AT_FDCWD, SHELVED, "old");
    const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
    assert_int_equal(utimensat(AT_FDCWD, SHELVED, old, 0), 0);
    assert_true(sweep_once(NULL, AT_FDCWD, NULL, &n));
    assert_int_equal(n.set_aside, 1);
    assert_int_equal(n.put_back, is_uploaded);
}

static void an_old_file_goes(UNUSED void **state) {
    sweep_beside_upload(false);
    assert_int_equal(access(SHELVED, F_OK), -1);
    assert_int_equal(unlink("aside/ab" REST), 0);
}

static void an_upload_at_that_moment_stays(UNUSED void **state) {
    sweep_beside_upload(true);
    char text[4] = "";
    int fd = open(SHELVED, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, text, 3), 3);
    close(fd);
    assert_string_equal(text, "new");
    assert_int_equal(access("aside/ab" REST, F_OK), -1);
}

static int enter(UNUSED void **state) {
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int leave(UNUSED void **state) {
    unlink(SHELVED);
    rmdir("ab");
    rmdir("aside");
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_file_goes),
        cmocka_unit_test(an_upload_at_that_moment_stays),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
