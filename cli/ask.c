#include "ask.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "disk.h"

enum { LINE_SIZE = 1024 };

bh_err *ask_confirmation(app *a, const char *question) {
    char line[LINE_SIZE];
    if (args_get(&a->args, "yes"))
        return NULL;
    if (!isatty(STDIN_FILENO))
        return bh_fail(a->call, NOT_CONFIRMED);
    fprintf(stderr, "%s [y/N] ", question);
    if (!fgets(line, sizeof(line), stdin) || (line[0] != 'y' && line[0] != 'Y'))
        return bh_fail(a->call, NOT_CONFIRMED);
    return NULL;
}

static const char *first_line(app *a, const char *text) {
    return arena_strndup(a->call->mem, text, strcspn(text, "\r\n"));
}

static void restore_terminal(struct termios *before) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, before);
}

static bh_err *read_hidden(app *a, const char *option, const char *question, const char **ret_password) {
    struct termios now;
    char line[LINE_SIZE];
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &now) != 0)
        return bh_fail(a->call, OPTION_MISSING, arena_printf(a->call->mem, "--%s", option));
    CLEANUP(restore_terminal) struct termios before UNUSED = now;
    now.c_lflag &= ~(tcflag_t) ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
    fprintf(stderr, "%s ", question);
    const char *read = fgets(line, sizeof(line), stdin);
    fputc('\n', stderr);
    *ret_password = first_line(a, read ? line : "");
    return NULL;
}

bh_err *ask_password(app *a, const char *option, const char *variable, const char *question,
                     const char **ret_password) {
    const char *file = args_get(&a->args, option), *set = getenv(variable);
    char *text;
    if (!file && set && *set) {
        *ret_password = set;
        return NULL;
    }
    if (!file)
        return read_hidden(a, option, question, ret_password);
    TRY(disk_read(a, file, &text, NULL));
    *ret_password = first_line(a, text);
    return NULL;
}
