#include "import/everyone.h"

#include "import/names.h"

static const char *const role_nouns[] = {
    "协办单位", "配合单位", "责任单位", "参与单位", "协同单位", "牵头单位", NULL
};

/* The sentence gives the things something once, and says who does it. */
static bool names_once(span sentence) {
    static const char *const things[] = { "任务", "工作", "事项", "项目", "条目", NULL };
    static const char *const acts[] = { "配合", "落实", "负责", "参与", "协同", "协助", NULL };
    static const char *const once[] = { "不再列",   "不再一一", "不再逐", "不再重复", "不再单", "不一一列", "不再标",
                                        "不重复列", "均为",     "均是",   "都是",     "均包括", "均含",     "均涉及",
                                        "均由",     "均需",     "同为",   "为全部",   "为所有", "为每项",   "为各项",
                                        "为以下",   "为以上",   "作为",   NULL };
    return span_has(sentence, things) && span_has(sentence, once) &&
           (span_has(sentence, role_nouns) || span_has(sentence, acts));
}

bool everyone_is_named(span sentence) {
    static const char *const all_items[] = { "所有", "各项", "每项", "全部", "以上", "上述", "各条", "以下", NULL };
    return span_has(sentence, all_items) && names_once(sentence) && !everyone_is_named_in_part(sentence);
}

bool everyone_is_named_in_part(span sentence) {
    static const char *const part[] = { "本部分", "本节", "本领域", "该部分", "本条线", "本章", NULL };
    return span_has(sentence, part) && names_once(sentence);
}

static bool is_co_unit(span name) {
    static const char *const never[] = { "任务", "工作", "事项", "项目", "所有", NULL };
    return name_is_unit(name) && !span_ends(name, role_nouns) && !span_has(name, never);
}

/* The unit of a phrase of such a sentence: it begins behind a word that leads in and ends before one that goes on. */
static span unit_in(span phrase) {
    static const char *const leading[] = { "由", "为", "是", "包括", "含", "涉及", "需", "须", "请", "除", NULL };
    static const char *const going_on[] = { "均",   "共同", "作为", "要",   "也",   "同", "配合",
                                            "负责", "参与", "落实", "协助", "不再", "的", NULL };
    size_t start = 0;
    for (size_t at = 0; at < phrase.n; at += span_step(span_from(phrase, at))) {
        size_t lead = span_starts(span_from(phrase, at), leading);
        if (!lead && !span_starts(span_from(phrase, at), going_on))
            continue;
        if (at > start && is_co_unit(span_cut(phrase, start, at)))
            return span_cut(phrase, start, at);
        start = lead ? at + lead : start;
    }
    span rest = span_from(phrase, start);
    return is_co_unit(rest) ? rest : span_cut(phrase, 0, 0);
}

void everyone_read(arena *mem, span sentence, import_names *co_all) {
    static const char *const separators[] = { "、", "，", "：", "；", NULL };
    while (sentence.n) {
        unit_names units;
        names_split(mem, unit_in(span_next_part(&sentence, separators)), false, &units);
        for (size_t i = 0; i < units.n; i++)
            if (!names_have(co_all, units.at[i].name))
                names_add(mem, co_all, units.at[i].name);
    }
}
