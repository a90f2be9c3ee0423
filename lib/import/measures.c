#include "import/measures.h"

#include <string.h>

const char *const measure_multipliers[] = { "万亿", "千万", "百万", "十万", "亿", "万", "千", "百", NULL };

/* Longest first does not matter: the longest word that fits is taken. */
static const char *const counts[] = {
    "个",   "家",   "名",   "人",   "所",   "场",   "条",   "支",   "张",   "座",   "处",   "台",   "辆",
    "艘",   "套",   "户",   "对",   "根",   "只",   "头",   "羽",   "株",   "批",   "期",   "门",   "种",
    "位",   "间",   "栋",   "幢",   "幅",   "片",   "块",   "件",   "项",   "次",   "人次", "场次", "架次",
    "班次", "航次", "例",   "单",   "笔",   "篇",   "部",   "本",   "册",   "孔",   "口",   "组",   "队",
    "床",   "床位", "份",   "宗",   "村",   "镇",   "校",   "标箱", "TEU",  "枚",   "盏",   "棵",   "眼",
    "段",   "道",   "列",   "班",   "师",   "员",   "元素", "企业", "车位", "泊位", "学位", "人员", "亩次",
    "套次", "件次", "户次", "台次", "户家", "家次", "台套", NULL,
};
static const char *const amounts[] = {
    "公里",        "千米",         "米",       "平方米", "平方公里", "平方千米", "亩",     "公顷",   "吨",
    "公斤",        "千克",         "千瓦",     "千瓦时", "度电",     "立方米",   "标方",   "立方",   "兆瓦",
    "吉瓦",        "兆瓦时",       "吨标准煤", "斤",     "方",       "吨标煤",   "标准箱", "平方",   "延米",
    "里",          "MW",           "GW",       "kW",     "km",       "P",        "PFlops", "EFLOPS", "微克/立方米",
    "毫克/立方米", "微克每立方米", "升",       "千伏安", "机架",     NULL,
};
static const char *const money[] = { "元", "美元", "元人民币", "欧元", "港元", NULL };
static const char *const shares[] = { "%", "个百分点", "百分点", "倍", "‰", "成", NULL };
static const char *const times[] = { "天", "小时", "个小时", "分钟", "秒", "工作日", "个工作日", "个月",   "年",
                                     "周", "岁",   "周岁",   "日",   "时", "分",     "月",       "个季度", NULL };
static const char *const classes[] = { "级",     "年级",   "届",     "号",   "号线", "楼",   "层",     "蒸吨",
                                       "度",     "类",     "字",     "点",   "路",   "代",   "期工程", "式",
                                       "线",     "版",     "旬",     "周年", "大",   "化",   "公",     "证",
                                       "票",     "网",     "码",     "圈",   "维",   "强",   "个方面", "方面",
                                       "个领域", "个环节", "个维度", "大类", "A级",  "星级", "A",      NULL };

static const struct {
    measure_kind kind;
    const char *const *table;
} measures[] = {
    { MEASURE_COUNT, counts }, { MEASURE_AMOUNT, amounts }, { MEASURE_MONEY, money },
    { MEASURE_SHARE, shares }, { MEASURE_TIME, times },     { MEASURE_CLASS, classes },
};

static measure_kind plain_measure(span text, size_t *ret_n) {
    measure_kind kind = MEASURE_NONE;
    *ret_n = 0;
    for (size_t i = 0; i < countof(measures); i++) {
        size_t n = span_starts(text, measures[i].table);
        if (n > *ret_n)
            kind = measures[i].kind, *ret_n = n;
    }
    return kind;
}

/* 台（套）, 家（次）: a second measure in brackets belongs to the first. */
static size_t bracket_length(span text) {
    static const char *const open[] = { "（", NULL };
    static const char *const close[] = { "）", NULL };
    size_t inner, n = span_starts(text, open);
    plain_measure(span_from(text, n), &inner);
    size_t end = n && inner ? span_starts(span_from(text, n + inner), close) : 0;
    return end ? n + inner + end : 0;
}

measure_kind measure_read(span text, size_t *ret_n) {
    size_t plain, behind, multiplier = span_starts(text, measure_multipliers);
    measure_kind kind = plain_measure(text, &plain);
    measure_kind multiplied = plain_measure(span_from(text, multiplier), &behind);
    if (!multiplier || plain > multiplier) {
        *ret_n = plain + (plain ? bracket_length(span_from(text, plain)) : 0);
        return kind;
    }
    behind = multiplied == MEASURE_CLASS ? 0 : behind;
    behind += behind ? bracket_length(span_from(text, multiplier + behind)) : 0;
    *ret_n = multiplier + behind;
    return multiplied == MEASURE_CLASS ? MEASURE_NONE : multiplied;
}

typedef struct comparing {
    const char *word;
    const char *comparator;
} comparing;

static const comparing after[] = {
    { "以上", ">=" }, { "及以上", ">=" }, { "（含）以上", ">=" }, { "以内", "<=" }, { "之内", "<=" },
    { "以下", "<=" }, { "及以下", "<=" }, { "左右", "~=" },       { "上下", "~=" }, { "（含）以下", "<=" },
};
static const comparing before[] = {
    { "达", ">=" },  { "达到", ">=" },   { "不少于", ">=" }, { "不低于", ">=" }, { "至少", ">=" },   { "不小于", ">=" },
    { "超", ">" },   { "超过", ">" },    { "突破", ">" },    { "高于", ">" },    { "快于", ">" },    { "大于", ">" },
    { "多于", ">" }, { "不超过", "<=" }, { "不高于", "<=" }, { "最高", "<=" },   { "不大于", "<=" }, { "不多于", "<=" },
    { "低于", "<" }, { "小于", "<" },    { "少于", "<" },    { "约", "~=" },     { "大约", "~=" },   { "≥", ">=" },
    { "≤", "<=" },   { ">", ">" },       { "<", "<" },       { "最低", ">=" },   { "稳定在", "=" },  { "不突破", "<=" },
};

const char *comparator_after(span text, size_t *ret_n) {
    const comparing *best = NULL;
    for (size_t i = 0; i < countof(after); i++)
        if (span_find(span_cut(text, 0, text.n < 24 ? text.n : 24), after[i].word, 0) == 0 &&
            (!best || strlen(after[i].word) > strlen(best->word)))
            best = &after[i];
    *ret_n = best ? strlen(best->word) : 0;
    return best ? best->comparator : "";
}

const char *comparator_before(span text, size_t *ret_n) {
    const comparing *best = NULL;
    for (size_t i = 0; i < countof(before); i++) {
        const char *const word[] = { before[i].word, NULL };
        if (span_ends(text, word) && (!best || strlen(before[i].word) > strlen(best->word)))
            best = &before[i];
    }
    *ret_n = best ? strlen(best->word) : 0;
    return best ? best->comparator : "";
}

const char *const promising_verbs[] = {
    "建成",   "新建", "改建", "扩建", "新增", "完成",   "改造",     "提升",     "打造",   "创建",     "培育",
    "引进",   "招引", "举办", "开展", "建设", "实施",   "新改建",   "改造提升", "认定",   "新认定",   "组建",
    "设立",   "布局", "推出", "发布", "培训", "帮扶",   "救助",     "发放",     "筹集",   "开工",     "竣工",
    "交付",   "更新", "加装", "开通", "投放", "整治",   "治理",     "新开",     "升级",   "盘活",     "消化",
    "处置",   "关停", "出台", "制定", "修订", "签约",   "储备",     "谋划",     "推进",   "申报",     "争取",
    "争创",   "选派", "招聘", "引育", "遴选", "选树",   "评选",     "惠及",     "服务",   "保障",     "解决",
    "化解",   "办好", "办理", "支持", "帮助", "安排",   "组织",     "力争",     "实现",   "启动",     "启用",
    "建立",   "供应", "投用", "配备", "配置", "种植",   "植树",     "绿化",     "修复",   "提质",     "拓宽",
    "疏浚",   "清淤", "拆除", "腾退", "整合", "归集",   "承办",     "落地",     "投运",   "建好",     "新设",
    "新招引", "开设", "增设", "增加", "招录", "吸引",   "集聚",     "资助",     "发展",   "推广",     "入库",
    "上市",   "攻关", "突破", "淘汰", "检查", "抽检",   "新创",     "创成",     "通过",   "确保",     "提供",
    "覆盖",   "育成", "做强", "扶持", "奖补", "实施好", "建成投用", "新开工",   "新投运", "投入使用", "续建",
    "优化",   "修缮", "加固", "提标", "验收", "纳入",   "回收",     "安置",     "为",     "在",       "向",
    "对",     "面向", "给",   "帮",   "超",   "新引进", "新培育",   "扩增",     "扩容",   "至少",     NULL,
};
const char *const spreading_verbs[] = { "新增", "新认定", "认定",     "新建",   "建成",   "改造", "改造提升",
                                        "提质", "升级",   "开展",     "举办",   "引进",   "培育", "完成",
                                        "打造", "新改建", "改建",     "扩建",   "创建",   "组建", "发放",
                                        "种植", "更新",   "招引",     "新引进", "新培育", "提升", "开工",
                                        "竣工", "筹集",   "改造升级", "累计",   NULL };
const char *const referring_verbs[] = { "对接", "落实", "贯彻", "按照", "围绕",   "聚焦",   "依托", "根据",
                                        "承接", "涉及", "执行", "参与", "用好",   "用足",   "锚定", "立足",
                                        "运用", "深化", "放大", "列入", "在去年", "在上年", NULL };
const char *const referring_attributes[] = { "省", "国家", "全省", "全国", "各", "每", "前", "第", "上述", "这", NULL };
const char *const measure_adverbs[] = { "力争", "确保", "力求", "努力", "实现", "其中", "全面", "深入", "扎实",
                                        "认真", "持续", "积极", "加快", "切实", "严格", "并",   NULL };
const char *const reaching_words[] = { "压缩至", "缩短至", "压减至", "控制在", "降至",   "降到", "提升至",
                                       "提高到", "达到",   "达",     "压缩到", "缩短到", "减至", "减少到",
                                       "减少至", "提高至", "不超过", "不少于", "不低于", NULL };
