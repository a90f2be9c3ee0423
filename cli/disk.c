#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

static char *path_below(app *a, const char *variable, const char *in_home, const char *below) {
    const char *base = getenv(variable), *home = getenv("HOME");
    if (base && base[0] == '/')
        return arena_printf(a->call->mem, "%s/bihuan/%s", base, below);
    return arena_printf(a->call->mem, "%s/%s/bihuan/%s", home ? home : "", in_home, below);
}

char *disk_config_path(app *a, const char *below) {
    return path_below(a, "XDG_CONFIG_HOME", ".config", below);
}

char *disk_state_path(app *a, const char *below) {
    return path_below(a, "XDG_STATE_HOME", ".local/state", below);
}

const char *disk_why(const app *a, int code) {
    static const struct {
        int code;
        const char *zh;
    } rows[] = {
        { ENOENT, "没有这个文件或文件夹" },
        { EACCES, "没有权限" },
        { EPERM, "没有权限" },
        { ENOTDIR, "路径中有一段不是文件夹" },
        { ENOSPC, "磁盘已满" },
        { EROFS, "磁盘只能读" },
        { EFBIG, "文件过大" },
        { EIO, "读写出错" },
    };
    for (size_t i = 0; !a->is_english && i < countof(rows); i++)
        if (rows[i].code == code)
            return rows[i].zh;
    return strerror(code);
}

void disk_close(FILE **file) {
    if (*file && *file != stdin && *file != stdout)
        fclose(*file);
}

bh_err *disk_open(app *a, const char *path, const char *mode, FILE **ret_file) {
    bool is_read = mode[0] == 'r';
    struct stat about;
    *ret_file = strcmp(path, "-") != 0 ? fopen(path, mode) : is_read ? stdin : stdout;
    /* A folder opens like a file and only fails when read. */
    if (*ret_file && fstat(fileno(*ret_file), &about) == 0 && S_ISDIR(about.st_mode))
        return bh_fail(a->call, IS_FOLDER, path);
    if (*ret_file)
        return NULL;
    return is_read ? bh_fail(a->call, FILE_UNREADABLE, path, disk_why(a, errno))
                   : bh_fail(a->call, FILE_UNWRITABLE, path, disk_why(a, errno));
}

bh_err *disk_read(app *a, const char *path, char **ret_text, size_t *ret_n) {
    CLEANUP(disk_close) FILE *file = NULL;
    TRY(disk_open(a, path, "rb", &file));
    buf text;
    buf_init(&text, a->call->mem);
    char chunk[8192];
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), file)) > 0;) {
        buf_add(&text, chunk, n);
        if (text.n > DISK_FILE_MAX)
            return bh_fail(a->call, FILE_UNREADABLE, path, disk_why(a, EFBIG));
    }
    if (ferror(file))
        return bh_fail(a->call, FILE_UNREADABLE, path, disk_why(a, errno));
    *ret_text = text.s;
    if (ret_n)
        *ret_n = text.n;
    return NULL;
}

char *disk_recall(app *a, const char *path) {
    char *text;
    return disk_read(a, path, &text, NULL) ? NULL : text;
}

static void make_folders(const char *path) {
    char part[4096];
    size_t n = strlen(path);
    for (size_t i = 1; i < n && i < sizeof(part); i++) {
        if (path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        mkdir(part, 0700); /* that it exists is fine; what else is wrong shows when the file is written */
    }
}

static bool write_all(int fd, const char *text) {
    size_t n = strlen(text);
    for (size_t done = 0; done < n;) {
        ssize_t step = write(fd, text + done, n - done);
        if (step < 0 && errno == EINTR)
            continue;
        if (step <= 0)
            return false;
        done += (size_t) step;
    }
    return fsync(fd) == 0;
}

bh_err *disk_write(app *a, const char *path, const char *text) {
    make_folders(path);
    const char *fresh = arena_printf(a->call->mem, "%s.%d", path, (int) getpid());
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return bh_fail(a->call, FILE_UNWRITABLE, path, disk_why(a, errno));
    bool is_written = write_all(fd, text);
    if (close(fd) == 0 && is_written && rename(fresh, path) == 0)
        return NULL;
    bh_err *error = bh_fail(a->call, FILE_UNWRITABLE, path, disk_why(a, errno));
    unlink(fresh);
    return error;
}

char *disk_value(app *a, const char *text, const char *key) {
    size_t n = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, key, n) == 0 && line[n] == '=')
            return arena_strndup(a->call->mem, line + n + 1, strcspn(line + n + 1, "\n"));
    return NULL;
}

char *disk_name(app *a, const char *text) {
    char *name = arena_strdup(a->call->mem, text);
    for (char *p = name; *p; p++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", *p))
            *p = '_';
    return name;
}
