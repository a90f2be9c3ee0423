#include "import/names.h"

#include <string.h>

static const char *const comma[] = { "、", "/", "|", NULL };
static const char *const government[] = { "人民政府", "政府", NULL };
static const char *const committee[] = { "管理委员会", "管委会", NULL };
static const char *const office[] = { "办事处", NULL };
static const char *const streets[] = { "街道", NULL };
static const char *const areas[] = { "县", "区", "市", "旗", "镇", "乡", "街道", "州", NULL };
/* Areas that have a committee and no government. */
static const char *const zones[] = { "开发区", "园区",   "度假区", "高新区", "港区",   "示范区", "试验区", "功能区",
                                     "合作区", "保税区", "工业区", "产业区", "风景区", "名胜区", "新区",   "景区",
                                     "集聚区", "生态区", "自贸区", "新城",   "经开区", NULL };
static const char *const unit_ends[] = { "局",   "委",     "办",   "部",     "厅",   "院",   "室",     "会",
                                         "中心", "集团",   "公司", "政府",   "单位", "部门", "银行",   "海关",
                                         "联",   "校",     "大学", "队",     "站",   "社",   "台",     "馆",
                                         "所",   "企业",   "处",   "院校",   "支行", "分行", "各县",   "开发区",
                                         "园区", "度假区", "新区", "高新区", "商会", "协会", "协",     "组",
                                         "专班", "厂",     "场",   "警",     "团",   "矿",   "联盟",   "电信",
                                         "移动", "联通",   "铁塔", "邮政",   "商",   "各地", "各地区", NULL };

bool name_is_unit(span name) {
    enum { SHORTEST = 2, LONGEST = 30 };
    static const char *const bracket_end[] = { "）", NULL };
    static const char *const bracket_start = "（";
    size_t open = span_find(name, bracket_start, 0);
    if (span_ends(name, bracket_end) && open != SPAN_NONE && open > 0)
        name.n = open;
    size_t n = span_length(name);
    return n >= SHORTEST && n <= LONGEST && (span_ends(name, unit_ends) || span_ends(name, areas));
}

/* 各县（市、区）政府, 各县（市、区）, 各区管委会: written for all of them. */
static bool is_collective(span name) {
    static const char *const each[] = { "各", NULL };
    static const char *const ends[] = { "政府", "管委会", "县", "区",   "市",   "旗",     "州",
                                        "镇",   "乡",     "）", "街道", "镇街", "办事处", NULL };
    static const char *const kinds[] = { "县（市", "县（区", "区（县", "市（县", "市（区", "（市、区）", NULL };
    static const char *const everywhere[] = { "各地", "各地区", "各地政府", "属地政府", NULL };
    bool areas_named = span_has(name, areas) && span_ends(name, ends);
    return span_is_any(name, everywhere) || ((span_starts(name, each) || span_has(name, kinds)) && areas_named);
}

/* 甲县政府, 乙街道办事处, but not 市政府, which is the one that writes. */
static bool is_county_government(span name) {
    enum { OWN_NAME = 2 };
    span area = span_drop_end(name, government), street = span_drop_end(name, office);
    if (span_ends(street, streets) && street.n < name.n)
        return true;
    return area.n < name.n && span_ends(area, areas) && span_length(area) >= OWN_NAME;
}

/* 甲区, 乙县 without 政府; zones are units like others where they stand among those. */
static bool is_bare_county(span name) {
    enum { OWN_NAME = 2 };
    return span_ends(name, areas) && !span_ends(name, zones) && span_length(name) >= OWN_NAME;
}

bool name_is_county(span name) {
    return is_collective(name) || is_county_government(name) || is_bare_county(name);
}

static bool is_area(span name) {
    static const char *const ends[] = { "管委会", "管理委员会", "政府", NULL };
    return span_ends(name, areas) || span_ends(name, ends);
}

static bool has_note(span text) {
    static const char *const note_words[] = { "下同", "为牵头", "排名不分", "列第一", "排第一", "第一位",
                                              "首位", "职责",   "共同负责", "并列",   "不再",   NULL };
    return span_has(text, note_words);
}

bool name_is_note(span text) {
    return has_note(text) && span_find(text, "（", 0) == SPAN_NONE;
}

/* The bracket at the end: a note to drop, a mark of the leader, or part of the name. */
static span strip_note(span name, bool *leads, bool *equal) {
    static const char *const no_order[] = { "不分先后", "不分主次", "职责", "共同负责", "并列", NULL };
    static const char *const lead_marks[] = { "（牵头）", "（牵头单位）", "（主办）", "（牵头部门）", NULL };
    static const char *const co_marks[] = { "（配合）", "（配合单位）", "（协办）", "（协助）", "（参与）", NULL };
    size_t n = span_ends(name, lead_marks);
    *leads = n > 0;
    n = n ? n : span_ends(name, co_marks);
    if (n)
        return span_cut(name, 0, name.n - n);
    for (size_t open = span_find(name, "（", 0); open != SPAN_NONE; open = span_find(name, "（", open + 1))
        if (has_note(span_from(name, open))) {
            *equal = *equal || span_has(span_from(name, open), no_order);
            return span_cut(name, 0, open);
        }
    return name;
}

/* 等, 等单位, 等有关部门 at the end of a list: others are meant that are not named. */
span names_drop_open_end(span list) {
    static const char *const ends[] = { "等",
                                        "等单位",
                                        "等部门",
                                        "等有关部门",
                                        "等相关部门",
                                        "等有关单位",
                                        "等相关单位",
                                        "等市级部门",
                                        "等责任单位",
                                        "等部门和单位",
                                        "等部门（单位）",
                                        "等有关部门（单位）",
                                        "等相关部门（单位）",
                                        NULL };
    return span_drop_end(list, ends);
}

static span strip_marks(span name) {
    static const char *const before[] = { "由", NULL };
    static const char *const after[] = { "。", "；", "，", "、", ".", "：", NULL };
    for (size_t n; (n = span_ends(name, after)) > 0;)
        name.n -= n;
    return span_drop_start(name, before);
}

static void add_name(arena *mem, span token, bool after_comma, unit_names *names) {
    bool leads;
    token = strip_marks(token);
    span name = strip_marks(strip_note(names_drop_open_end(token), &leads, &names->equal));
    names->open = names->open || names_drop_open_end(token).n < token.n;
    if (!name.n)
        return;
    if (names->n == IMPORT_UNITS_MAX) {
        names->overflow = true;
        return;
    }
    bool among_counties = after_comma || (names->n && names->at[names->n - 1].county);
    bool county = name_is_county(name) || (among_counties && is_area(name));
    names->at[names->n++] = (unit_name){ .name = span_dup(mem, name), .county = county, .leads = leads };
}

/* 甲局和乙局: the byte where 和 or 及 separates two units, or SPAN_NONE; 发展和改革局 stays whole. */
static size_t conjunction(span token, size_t *ret_width) {
    static const char *const conjunctions[] = { "以及", "和", "及", "与", NULL };
    for (const char *const *c = conjunctions; *c; c++)
        for (size_t at = span_find(token, *c, 0); at != SPAN_NONE; at = span_find(token, *c, at + 1)) {
            span left = span_cut(token, 0, at), right = span_from(token, at + strlen(*c));
            *ret_width = strlen(*c);
            if (name_is_unit(left) && name_is_unit(right) && span_length(left) > 2)
                return at;
        }
    return SPAN_NONE;
}

static void add_token(arena *mem, span token, bool after_comma, unit_names *names) {
    enum { TOKEN_MAX = 300 }; /* bytes; what is longer lacks separators, and name_doubt says so */
    size_t width, at;
    token = span_clip(token, TOKEN_MAX);
    while (span_find(token, "（", 0) == SPAN_NONE && (at = conjunction(token, &width)) != SPAN_NONE) {
        add_name(mem, span_cut(token, 0, at), after_comma, names);
        token = span_from(token, at + width);
    }
    add_name(mem, token, after_comma, names);
}

/* Areas that take the same suffix. */
typedef enum area_kind { AREA_NONE, AREA_COUNTY, AREA_ZONE, AREA_STREET } area_kind;

static area_kind area_of(span name) {
    if (is_collective(name) || !span_ends(name, areas))
        return AREA_NONE;
    return span_ends(name, zones) ? AREA_ZONE : span_ends(name, streets) ? AREA_STREET : AREA_COUNTY;
}

/* 甲区、乙县政府: the names before take the suffix of the last one. */
static void spread(arena *mem, unit_names *names, word_table suffixes, area_kind kind) {
    const char *suffix = NULL;
    bool county = false;
    for (size_t i = names->n; i-- > 0;) {
        span name = span_of(names->at[i].name);
        area_kind area = area_of(name);
        size_t n = span_ends(name, suffixes);
        if (n) {
            suffix = name.s + name.n - n;
            county = names->at[i].county;
        } else if (suffix && area == kind) {
            names->at[i].name = arena_printf(mem, "%s%s", name.s, suffix);
            names->at[i].county = county;
        } else if (area == AREA_NONE) {
            suffix = NULL;
        }
    }
}

static void drop_repeated(unit_names *names) {
    size_t kept = 0;
    for (size_t i = 0; i < names->n; i++) {
        bool repeated = false;
        for (size_t j = 0; j < kept; j++)
            repeated = repeated || strcmp(names->at[j].name, names->at[i].name) == 0;
        if (!repeated)
            names->at[kept++] = names->at[i];
    }
    names->n = kept;
}

void names_split(arena *mem, span list, bool after_comma, unit_names *ret_names) {
    ret_names->n = 0;
    ret_names->open = ret_names->equal = ret_names->overflow = false;
    while (list.n)
        add_token(mem, span_next_part(&list, comma), after_comma, ret_names);
    spread(mem, ret_names, government, AREA_COUNTY);
    spread(mem, ret_names, committee, AREA_ZONE);
    spread(mem, ret_names, office, AREA_STREET);
    drop_repeated(ret_names);
}

/* 市甲局市乙局: one name ends and another begins in its middle. */
static bool is_glued(span name) {
    static const char *const ends[] = { "局",   "厅", "办", "部", "院", "室", "会", "中心", "集团", "公司",
                                        "政府", "联", "社", "队", "站", "台", "馆", "所",   NULL };
    static const char *const starts[] = { "市", "县", "区", "州", "省", "各", "团", "国网", NULL };
    for (size_t at = 0, n; at < name.n; at += span_step(span_from(name, at)))
        if ((n = span_starts(span_from(name, at), ends)) && at && span_starts(span_from(name, at + n), starts))
            return true;
    return false;
}

doubt_kind name_doubt(span name) {
    enum { LONGEST = 25 };
    static const char *const never[] = { "。",   "；",   "：",   "“",    "★",    "▲",    "●",    "*", "任务", "负责",
                                         "以上", "以下", "按照", "各项", "要求", "做好", "推进", ".", "+",    "0",
                                         "1",    "2",    "3",    "4",    "5",    "6",    "7",    "8", "9",    NULL };
    if (span_length(name) > LONGEST)
        return DOUBT_UNIT_LONG;
    if (span_has(name, never))
        return DOUBT_UNIT_UNUSUAL;
    if (is_glued(name))
        return DOUBT_UNIT_GLUED;
    return name_is_unit(name) ? DOUBT_NONE : DOUBT_UNIT_UNLIKELY;
}
