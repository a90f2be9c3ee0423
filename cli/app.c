#include "app.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"

enum { TIMEOUT_S = 30, TIMEOUT_MAX_S = 3600 };

const char *app_setting(const app *a, const char *name) {
    const char *given = args_get(&a->args, name);
    if (given)
        return given;
    char variable[64] = "BIHUAN_";
    for (size_t i = 0, n = strlen(variable); name[i] && n + i + 1 < sizeof(variable); i++)
        variable[n + i] = (char) (name[i] == '-' ? '_' : name[i] & ~0x20);
    const char *text = getenv(variable);
    return text && *text ? text : NULL;
}

/* "en", "en-GB", "en_GB.UTF-8" */
static bool is_language(const char *text, const char *language) {
    return strncasecmp(text, language, 2) == 0 && (!text[2] || strchr("-_.@", text[2]));
}

/* The first of the usual variables that is set; what is not English is Chinese. */
static bool is_english_place(void) {
    static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < countof(variables); i++) {
        const char *text = getenv(variables[i]);
        if (text && *text)
            return is_language(text, "en");
    }
    return false;
}

/* Asked for by name it must be one we have. */
static bh_err *set_language(app *a) {
    const char *asked = app_setting(a, "lang");
    a->is_english = asked ? is_language(asked, "en") : is_english_place();
    if (!asked || a->is_english || is_language(asked, "zh"))
        return NULL;
    return bh_fail(a->call, OPTION_BAD, "lang", asked, option_find("lang")->meta);
}

static bh_err *set_output(app *a) {
    static const char *const names[] = { [OUT_TABLE] = "table", [OUT_JSON] = "json", [OUT_CSV] = "csv" };
    const char *wanted = app_setting(a, "output");
    if (!wanted)
        return NULL;
    for (size_t i = 0; i < countof(names); i++)
        if (strcmp(names[i], wanted) == 0) {
            a->out = (out_kind) i;
            return NULL;
        }
    return bh_fail(a->call, OPTION_BAD, "output", wanted, option_find("output")->meta);
}

static bh_err *whole_number(const app *a, const char *option, const char *text, int64_t least, int64_t most,
                            int64_t *ret_number) {
    char *end;
    *ret_number = strtoll(text, &end, 10);
    if (end != text && !*end && *ret_number >= least && *ret_number <= most)
        return NULL;
    const char *range = arena_printf(a->call->mem, SAY(a, "%lld 至 %lld 的整数", "a whole number %lld..%lld"),
                                     (long long) least, (long long) most);
    return bh_fail(a->call, OPTION_BAD, option, text, range);
}

bh_err *app_number(const app *a, const char *option, const char *text, int32_t least, int32_t most,
                   int32_t *ret_number) {
    int64_t number;
    TRY(whole_number(a, option, text, least, most, &number));
    *ret_number = (int32_t) number;
    return NULL;
}

/* INT64_MAX stands for everything beyond it too. */
bh_err *app_index(const app *a, const char *option, const char *text, int64_t *ret_index) {
    return whole_number(a, option, text, 0, INT64_MAX - 1, ret_index);
}

static bh_err *set_timeout(app *a) {
    const char *text = app_setting(a, "timeout");
    int32_t seconds = TIMEOUT_S;
    if (text)
        TRY(app_number(a, "timeout", text, 1, TIMEOUT_MAX_S, &seconds));
    a->timeout_ms = (int64_t) seconds * 1000;
    return NULL;
}

bh_err *app_open(app *a) {
    const char *no_colour = getenv("NO_COLOR");
    a->has_colour = isatty(STDOUT_FILENO) && !(no_colour && *no_colour);
    TRY(set_language(a));
    TRY(set_output(a));
    return set_timeout(a);
}

void app_close(app *a) {
    if (a->curl)
        curl_easy_cleanup(a->curl);
    arena_free(a->call->mem);
}
