#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "import/numbers.h"

enum { MEMORY = 4 << 20, TARGETS = 8 };

/* ">=100家;=3人" for the targets of a text, "?" at the end when a number is in doubt. */
static const char *targets_of(arena *mem, const char *text) {
    import_target targets[TARGETS];
    import_warnings doubts = { 0 };
    size_t n = numbers_find(mem, span_of(text), targets, TARGETS, &doubts, 1);
    buf out;
    buf_init(&out, mem);
    for (size_t i = 0; i < n; i++)
        buf_addf(&out, "%s%s%s%s", i ? ";" : "", targets[i].comparator, targets[i].number, targets[i].unit);
    if (doubts.n)
        buf_adds(&out, "?");
    return out.s;
}

static void assert_targets(const char *const cases[][2], size_t n) {
    for (size_t i = 0; i < n; i++) {
        arena *mem = arena_new(MEMORY);
        const char *found = targets_of(mem, cases[i][0]);
        if (strcmp(found, cases[i][1]) != 0)
            print_error("%s\n", cases[i][0]);
        assert_string_equal(found, cases[i][1]);
        arena_free(mem);
    }
}

static void reads_comparators(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "产值增长6%左右。", "~=6%" },
        { "失业率控制在5%以内", "<=5%" },
        { "招引企业40家以上", ">=40家" },
        { "招引企业40家及以上", ">=40家" },
        { "投资不少于 1,200 亿元", ">=1200亿元" },
        { "研发投入强度达到3.6%", ">=3.6%" },
        { "研发投入强度达３．６％", ">=3.6%" },
        { "覆盖率达到88%及以上", ">=88%" },
        { "吞吐量超390万标箱", ">390万标箱" },
        { "出口突破500亿元", ">500亿元" },
        { "增速高于2个百分点", ">2个百分点" },
        { "细颗粒物浓度低于28微克/立方米", "<28微克/立方米" },
        { "支出不超过3亿元", "<=3亿元" },
        { "新增就业11万人", "=11万人" },
        { "份额10%以上、力争15%", ">=10%;=15%" },
        { "出栏达40万头、26万只、37万羽以上", ">=40万头;>=26万只;>=37万羽" },
        { "建设床位200余张", ">200张" },
        { "至少建成2个中心", ">=2个" },
        { "新增停车位2000—3000个", ">=2000个;<=3000个" },
        { "固定资产投资增长５％—７％", ">=5%;<=7%" },
        { "办理时限压缩至2个工作日内", "<=2个工作日" },
    };
    assert_targets(cases, countof(cases));
}

static void reads_both_orders_of_noun_and_number(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "建成10个示范村", "=10个" },
        { "改造120个以上行政村道路", ">=120个" },
        { "为3万名以上学生提供托管服务", ">=3万名" },
        { "为7万以上重点群体提供帮扶", ">=7万" },
        { "在100个以上小区实施工程", ">=100个" },
        { "提升41个乡镇（街道）管理站、28支专职队伍", "=41个;=28支" },
        { "新建管网130公里以上，其中燃气65公里、供水20公里", ">=130公里;=65公里;=20公里" },
        { "新增甲类10人、乙类4人", "=10人;=4人" },
        { "筹集住房1.5万套（间）", "=1.5万套（间）" },
        { "6个县（市、区）通过评估，力争5个县（市、区）达标", "=5个?" },
        { "建成10个以上的示范点", ">=10个" },
        { "财政收入增长6%（同口径）", "=6%" },
        { "完成投资40亿元以上并投入使用", ">=40亿元" },
    };
    assert_targets(cases, countof(cases));
}

static void reads_units_with_a_divisor(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "工业用地亩均税收25万元/亩", "=25万元/亩" },      { "亩均增加值达到150万元／亩以上", ">=150万元/亩" },
        { "病床数达7.5张/千人", ">=7.5张/千人" },           { "事故死亡率低于0.01人/亿元", "<0.01人/亿元" },
        { "平均浓度28微克/立方米", "=28微克/立方米" },      { "平均浓度28微克每立方米", "=28微克每立方米" },
        { "租金不高于20元/平方米·月", "<=20元/平方米·月" }, { "新增供热面积300万㎡", "=300万㎡" },
    };
    assert_targets(cases, countof(cases));
}

static void indicators_of_time_need_no_verb(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "人均期望寿命82岁", "=82岁" }, { "平均受教育年限11.3年", "=11.3年" },
        { "优良天数300天", "=300天" },   { "力争3年内，建成示范区", "" },
        { "对65岁老人免费开放", "" },    { "办理时限压缩至3个工作日内办结", "?" },
        { "打造15分钟就业服务圈", "" },
    };
    assert_targets(cases, countof(cases));
}

/* What may be a target and may be none is said. */
static void doubts_what_is_unclear(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "推进15个片区建设", "?" },
        { "70%以上村庄通燃气", "?" },
        { "发放贷款50亿元以上支持小微企业", "?" },
        { "新建学校10所新增学位5000个", "=5000个?" },
        { "覆盖率由60%，提高到65%", "=65%?" },
        { "新建三所幼儿园", "?" },
        { "新增两家上市公司", "?" },
        { "实现翻番", "?" },
        { "实施主体倍增计划，开展“三个一”活动", "" },
        { "供应商品9500吧", "?" },
    };
    assert_targets(cases, countof(cases));
}

static void metrics_name_the_indicator(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "城镇化率由62%提高到65%", "城镇化率" },    { "城镇化率从上年的62%提升至65%以上", "城镇化率" },
        { "力争一次办结率达到95%", "一次办结率" },   { "登记失业率为4%", "登记失业率" },
        { "为3万名学生免费体检", "为学生免费体检" }, { "建成10个小镇", "建成小镇" },
        { "水质优良率升至90%", "水质优良率" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        arena *mem = arena_new(MEMORY);
        import_target targets[TARGETS];
        assert_int_equal(numbers_find(mem, span_of(cases[i][0]), targets, TARGETS, NULL, 1), 1);
        assert_string_equal(targets[0].metric, cases[i][1]);
        arena_free(mem);
    }
}

static void numbers_that_are_no_targets(void **state) {
    (void) state;
    static const char *const cases[][2] = {
        { "落实32条政策", "" },
        { "对接省8个重点领域政策包和4张清单", "" },
        { "淘汰35蒸吨以下燃煤锅炉", "" },
        { "壮大产值10亿元以上企业", "" },
        { "引进超10亿元项目100个以上", ">=100个" },
        { "为60周岁以上老人投保", "" },
        { "为0~6岁儿童筛查", "" },
        { "为2万名以上3~5年级学生培训", ">=2万名" },
        { "提供不超过7天的免费住宿", "" },
        { "推进G60走廊和PM2.5治理", "" },
        { "实施“551”计划和12345热线", "" },
        { "2025年6月底前完成", "" },
        { "举办第11届运动会", "" },
        { "打造15分钟生活圈", "" },
        { "对新认定企业给予50万元奖励", "" },
        { "办理时限压缩至3个工作日以内", "<=3个工作日" },
        { "新建二十所学校", "?" },
        { "占全省三分之一以上", "?" },
        { "举办第十一届运动会", "" },
        { "打造一批示范点", "" },
        { "人均预期寿命达到83.5岁", ">=83.5岁" },
    };
    assert_targets(cases, countof(cases));
}

static void spreads_the_verb_of_a_list(void **state) {
    (void) state;
    arena *mem = arena_new(MEMORY);
    import_target targets[TARGETS];
    size_t n = numbers_find(mem, span_of("新增青年人才10万人、技能人才4万人。"), targets, TARGETS, NULL, 1);
    assert_int_equal(n, 2);
    assert_string_equal(targets[0].metric, "新增青年人才");
    assert_string_equal(targets[1].metric, "新增技能人才");
    assert_string_equal(targets[1].phrase, "技能人才4万人");
    assert_int_equal(numbers_find(mem, span_of("工业投资30亿元、增长12%"), targets, TARGETS, NULL, 1), 2);
    assert_string_equal(targets[1].metric, "工业投资增长");
    arena_free(mem);
}

static void more_targets_than_fit_are_said(void **state) {
    (void) state;
    arena *mem = arena_new(MEMORY);
    import_target targets[TARGETS];
    import_warnings doubts = { 0 };
    buf text;
    buf_init(&text, mem);
    for (int i = 0; i < 2 * TARGETS; i++)
        buf_adds(&text, "新建公园1座，");
    assert_in_range(numbers_find(mem, span_of(text.s), targets, TARGETS, &doubts, 7), TARGETS - 1, TARGETS);
    assert_int_equal(doubts.n, 1);
    assert_string_equal(doubts.at[0].code, "numbers_many");
    arena_free(mem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_comparators),
        cmocka_unit_test(reads_both_orders_of_noun_and_number),
        cmocka_unit_test(reads_units_with_a_divisor),
        cmocka_unit_test(indicators_of_time_need_no_verb),
        cmocka_unit_test(doubts_what_is_unclear),
        cmocka_unit_test(metrics_name_the_indicator),
        cmocka_unit_test(numbers_that_are_no_targets),
        cmocka_unit_test(spreads_the_verb_of_a_list),
        cmocka_unit_test(more_targets_than_fit_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
