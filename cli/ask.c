#include "ask.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "disk.h"

enum { LINE_SIZE = 1024 };

/* In any language: nobody who means yes is refused. */
static bool is_yes(const char *answer) {
    static const char *const words[] = { "y", "Y", "是" };
    for (size_t i = 0; i < countof(words); i++)
        if (strncmp(answer, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

bh_err *ask_confirmation(app *a, const char *question) {
    char line[LINE_SIZE];
    if (args_get(&a->args, "yes"))
        return NULL;
    if (!isatty(STDIN_FILENO))
        return bh_fail(a->call, NOT_CONFIRMED);
    fprintf(stderr, "%s [%s] ", question, SAY(a, "是/否", "y/N"));
    if (!fgets(line, sizeof(line), stdin) || !is_yes(line))
        return bh_fail(a->call, NOT_CONFIRMED);
    return NULL;
}

static const char *first_line(app *a, const char *text) {
    return arena_strndup(a->call->mem, text, strcspn(text, "\r\n"));
}

/* How the terminal was before the echo went off; here because a signal handler must find it. */
static struct termios terminal_before;

static void echo_on(void) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
}

/* Whoever breaks off at the question has cancelled, and wants the echo back. */
static void on_interrupt(UNUSED int number) {
    echo_on();
    _exit(bh_code_exit(BH_CANCELLED)); /* NOLINT(bugprone-signal-handler,cert-sig30-c): looks into a table */
}

static void echo_off(void) {
    struct termios silent = terminal_before;
    silent.c_lflag &= ~(tcflag_t) ECHO;
    signal(SIGINT, on_interrupt);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
}

static bh_err *read_hidden(app *a, const char *option, const char *question, const char **ret_password) {
    char line[LINE_SIZE];
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &terminal_before) != 0)
        return bh_fail(a->call, OPTION_MISSING, arena_printf(a->call->mem, "--%s", option));
    echo_off();
    fprintf(stderr, "%s ", question);
    const char *read = fgets(line, sizeof(line), stdin);
    echo_on();
    signal(SIGINT, SIG_DFL);
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
