#include "import/doubt.h"

#include <string.h>

static const struct {
    const char *code, *zh, *en;
} doubts[] = {
#define DOUBT(name, code, zh, en) [DOUBT_##name] = { code, zh, en },
#include "import/doubts.def"
#undef DOUBT
};

import_warning doubt_about(int line, doubt_kind which, const char *const *words) {
    import_warning one = { .line = line, .sentence = which, .code = doubts[which].code };
    memcpy(one.words, words, sizeof(one.words));
    return one;
}

const char *import_warning_text(arena *mem, const import_warning *warning, bool is_english) {
    const char *sentence = is_english ? doubts[warning->sentence].en : doubts[warning->sentence].zh;
    return arena_fill(mem, sentence, warning->words, IMPORT_WORDS);
}

const char *count_text(arena *mem, size_t n) {
    return arena_printf(mem, "%zu", n);
}
