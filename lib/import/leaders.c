#include "import/leaders.h"

#include "base/buf.h"

/* A title is any number of heads and one core, or the other way round: 市委 + 常委, 常务 + 副市长, 党组 + 成员. */
static const char *const heads[] = { "市政府", "县政府", "区政府", "州政府", "市人民政府", "县人民政府", "区人民政府",
                                     "省委",   "市委",   "县委",   "区委",   "州委",       "旗委",       "党组",
                                     "党工委", "管委会", "常务",   "代理",   "人大",       "政协",       NULL };
static const char *const cores[] = { "市长",     "副市长", "市长助理", "县长", "副县长", "县长助理", "区长",   "副区长",
                                     "区长助理", "州长",   "副州长",   "旗长", "副旗长", "盟长",     "副盟长", "主席",
                                     "副主席",   "专员",   "副专员",   "书记", "副书记", "常委",     "成员",   "秘书长",
                                     "副秘书长", "主任",   "副主任",   "组长", "副组长", "部长",     "政委",   NULL };
static const char *const separators[] = { "、", "，", "和", "（", "）", "：", "·", "兼", NULL };
/* What follows the person in a heading. */
static const char *const tails[] = { "牵头", "负责", "分管", "领衔", "领办", "挂帅",
                                     "主抓", "包抓", "联系", "同志", NULL };

/* Length of the title at the start of the text, 0 when there is none. */
static size_t title_length(span text) {
    size_t head = 0;
    for (size_t n; (n = span_starts(span_from(text, head), heads)) > 0;)
        head += n;
    size_t core = span_starts(span_from(text, head), cores);
    return core ? head + core : 0;
}

static span before_tail(span text) {
    size_t end = text.n;
    for (const char *const *t = tails; *t; t++) {
        size_t at = span_find(text, *t, 0);
        end = at < end ? at : end;
    }
    return span_cut(text, 0, end);
}

static void append(buf *out, span word) {
    if (out->n)
        buf_adds(out, "、");
    buf_add(out, word.s, word.n);
}

/* A name has two to four characters; with a middle dot it may be longer, with a title after it a surname will do. */
static bool is_name(span name, bool titled) {
    enum { LONGEST = 4, LONGEST_DOTTED = 15 };
    size_t n = span_length(name);
    size_t most = span_find(name, "·", 0) == SPAN_NONE ? LONGEST : LONGEST_DOTTED;
    uint32_t first = span_first(name);
    return n >= (titled ? 1 : 2) && n <= most && first >= U'一' && first <= U'鿿';
}

/* The text up to the next title or separator; the middle dot stays inside a name. */
static span name_at(span text) {
    size_t n = 0;
    while (n < text.n) {
        span here = span_from(text, n);
        if (title_length(here) || (span_starts(here, separators) && span_first(here) != U'·'))
            break;
        n += span_step(here);
    }
    return span_cut(text, 0, n);
}

/* 市公安局局长: a post of an office, up to the next separator. */
static size_t post_length(span text) {
    static const char *const posts[] = { "局长", "厅长", "部长",   "主任",   "书记",   "行长",
                                         "院长", "校长", "总经理", "董事长", "司令员", NULL };
    enum { SHORTEST = 5 };
    span rest = text;
    span phrase = span_next_part(&rest, separators);
    return span_ends(phrase, posts) && span_length(phrase) >= SHORTEST ? phrase.n : 0;
}

/* 钱七同志: a person, though no title is printed. */
static bool is_comrade(span text) {
    size_t end = before_tail(text).n;
    return span_find(text, "同志", end) == end;
}

bool leader_read(arena *mem, span text, bool named, leader *ret_leader) {
    static const char *const by[] = { "由", NULL };
    text = span_drop_start(text, by);
    named = named || is_comrade(text);
    buf names, titles;
    buf_init(&names, mem);
    buf_init(&titles, mem);
    for (span rest = before_tail(text); rest.n;) {
        size_t title = title_length(rest), separator = span_starts(rest, separators), post = post_length(rest);
        span name = name_at(rest);
        if (title) {
            append(&titles, span_cut(rest, 0, title));
        } else if (!separator && post) {
            append(&titles, span_cut(rest, 0, post));
        } else if (!separator) {
            if (!is_name(name, true))
                return false;
            append(&names, name);
        }
        rest = span_from(rest, title ? title : separator ? separator : post ? post : name.n);
    }
    if (!titles.n && (!named || !names.n))
        return false;
    *ret_leader = (leader){ .name = names.n ? names.s : NULL, .title = titles.s };
    return true;
}
