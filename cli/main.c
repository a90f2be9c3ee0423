#include <curl/curl.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "cmd.h"
#include "help.h"
#include "out.h"
#include "store.h"

/* A list of LIST_MAX whole tasks fits. */
enum { MEMORY_MAX = 1 << 30 };

static bh_call *call_of_run(void) {
    arena *mem = arena_new(MEMORY_MAX);
    bh_call *call = arena_alloc(mem, sizeof(*call));
    *call = (bh_call){
        .mem = mem,
        .who = { .login = "", .service = "" },
        .now_ms = clock_now_ms(),
        .trace_id = trace_id_new(mem),
    };
    return call;
}

static bool is_noun(const char *word) {
    for (size_t i = 0; i < verb_count; i++)
        if (strcmp(verbs[i].noun, word) == 0)
            return true;
    return false;
}

/* "bihuan", "bihuan help task", "bihuan task": the table of commands. */
static bh_err *show_commands(app *a, const char *const *words, size_t n) {
    TRY(verb_check_options(a, NULL));
    bool is_help = n && strcmp(words[0], "help") == 0;
    const char *noun = is_help ? (n > 1 ? words[1] : NULL) : n ? words[0] : NULL;
    if (noun && (!is_noun(noun) || (!is_help && n > 1)))
        return bh_fail(a->call, UNKNOWN_COMMAND,
                       n > 1 ? arena_printf(a->call->mem, "%s %s", words[0], words[1]) : noun);
    help_commands(a, noun);
    return NULL;
}

static bh_err *run(app *a, int argc, char *const argv[]) {
    const char **words = arena_array(a->call->mem, (size_t) argc + 1, sizeof(*words));
    size_t n, used;
    if (argc == 1 && strcmp(argv[0], "--version") == 0)
        return cmd_version(a, NULL);
    bh_err *error = args_parse(a->call, argc, argv, &a->args, words, &n), *setting = app_open(a);
    const verb *v = verb_find(words, n, &used);
    a->usage = v ? help_usage(a, v) : NULL;
    TRY(error);
    TRY(setting);
    if (!v)
        return show_commands(a, words, n);
    if (args_get(&a->args, "help")) {
        help_verb(a, v);
        return NULL;
    }
    TRY(verb_check(a, v, words + used, n - used));
    a->usage = NULL;
    TRY(store_find_server(a));
    if (!v->is_sessionless)
        TRY(store_find_session(a));
    return v->run(a, v);
}

int main(int argc, char *argv[]) {
    app a = { .call = call_of_run() };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    bh_err *error = run(&a, argc - 1, argv + 1);
    int status = error ? out_error(&a, error) : 0;
    if (fflush(stdout) != 0 && status == 0)
        status = bh_code_exit(BH_UNKNOWN);
    app_close(&a);
    curl_global_cleanup();
    return status;
}
