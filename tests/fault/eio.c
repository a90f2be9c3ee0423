/* Preloaded into PostgreSQL: while the file named by EIO_FILE is there, nothing can be made durable. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(void) {
    const char *file = getenv("EIO_FILE");
    if (!file || access(file, F_OK) != 0)
        return 0;
    errno = EIO;
    return 1;
}

int fsync(int fd) {
    int (*real)(int);
    *(void **) &real = dlsym(RTLD_NEXT, "fsync");
    return fails() ? -1 : real(fd);
}

int fdatasync(int fd) {
    int (*real)(int);
    *(void **) &real = dlsym(RTLD_NEXT, "fdatasync");
    return fails() ? -1 : real(fd);
}
