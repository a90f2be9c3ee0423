#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "cell.h"
#include "disk.h"
#include "fill.h"
#include "help.h"
#include "journal.h"
#include "label.h"
#include "list.h"
#include "out.h"
#include "ref.h"
#include "store.h"
#include "verb.h"

static char root[] = "/tmp/bihuan-cli.XXXXXX";

static int make_root(UNUSED void **state) {
    return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, UNUSED const struct stat *status, UNUSED int kind, UNUSED struct FTW *place) {
    return remove(path);
}

static int remove_root(UNUSED void **state) {
    enum { OPEN_MAX_FOLDERS = 16 };
    return nftw(root, remove_one, OPEN_MAX_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

/* An app whose files live in a fresh folder. */
static app *fresh_app(void) {
    static char folder[64];
    snprintf(folder, sizeof(folder), "%s/XXXXXX", root);
    assert_non_null(mkdtemp(folder));
    setenv("XDG_CONFIG_HOME", folder, 1);
    setenv("XDG_STATE_HOME", folder, 1);
    bh_call *call = call_new("test", 1000);
    app *a = arena_alloc(call->mem, sizeof(*a));
    *a = (app){ .call = call, .is_english = true, .server = "https://127.0.0.1:1" };
    return a;
}

/* Parses and checks "task rule 2.24 --unit x"; the reason of the refusal or "". */
static const char *checked(app *a, const char *line) {
    char *argv[32], *rest = arena_strdup(a->call->mem, line);
    const char *words[32];
    size_t n, used;
    int argc = 0;
    for (char *word; (word = strsep(&rest, " "));)
        argv[argc++] = word;
    a->args.n = 0;
    bh_err *error = args_parse(a->call, argc, argv, &a->args, words, &n);
    if (error)
        return error->reason;
    const verb *v = verb_find(words, n, &used);
    if (!v)
        return "UNKNOWN_COMMAND";
    error = verb_check(a, v, words + used, n - used);
    return error ? error->reason : "";
}

static void usage(UNUSED void **state) {
    static const struct {
        const char *line, *reason;
    } rows[] = {
        { "task submit 2.24", "" },
        { "task submit", "OPTION_MISSING" },
        { "task submit --all --import 4e2c", "" },
        { "task submit 2.24 --import 4e2c", "" }, /* the one of that import */
        { "task submit 2.24 --all --import 4e2c", "OPTIONS_EXCLUSIVE" },
        { "task set 2.24 --result x --default-result y", "OPTIONS_EXCLUSIVE" },
        { "task set 2.24 --deadline 2025-06-30 --plan-year 2025", "OPTIONS_EXCLUSIVE" },
        { "target list", "OPTION_MISSING" },
        { "target list --task 2.24 --import 4e2c", "OPTIONS_EXCLUSIVE" },
        { "audit list --first 7 --object task/4e2c", "OPTIONS_EXCLUSIVE" },
        { "task verify 2.24 --result-class E", "OPTION_BAD" },
        { "task verify 2.24 --result-class A|B", "OPTION_BAD" },
        { "task verify 2.24 --result-class B", "" },
        { "login x --password y", "UNKNOWN_OPTION" },
        { "task rule 2.24 --unit 发改 --reason=x --upheld", "" },
        { "task rule 2.24 --unit 发改 --reason x", "OPTION_MISSING" },
        { "task rule 2.24 --unit 发改 --reason x --upheld --overruled", "OPTIONS_EXCLUSIVE" },
        { "task rule 2.24 --upheld --reason x", "OPTION_MISSING" },
        { "task rule --unit 发改 --upheld --reason x", "OPTION_MISSING" },
        { "task ack 2.24 --reason x", "UNKNOWN_OPTION" },
        { "task ack 2.24 --nonsense", "UNKNOWN_OPTION" },
        { "task ack 2.24 -x", "UNKNOWN_OPTION" },
        { "task ack --nonsense value 2.24", "UNKNOWN_OPTION" },
        { "task ack 2.24 more", "TOO_MANY_WORDS" },
        { "task ack 2.24 --reason", "OPTION_WITHOUT_VALUE" },
        { "task list --overdue=yes", "OPTION_WITH_VALUE" },
        { "task list --state ACTIVE --overdue -o json", "" },
        { "task fly 2.24", "UNKNOWN_COMMAND" },
        { "report submit 2.24 --period 2025-03 --text x --next-step y", "" },
        { "apply extension 2.24 --day 2025-11-28 --reason x", "" },
        { "apply --day 2025-11-28 --reason x", "OPTION_MISSING" },
        { "apply termination --import 4e2c --all --reason x", "" },
        { "application decide --import 4e2c --all --reason x", "OPTION_MISSING" },
        { "application decide --import 4e2c --all --granted --reason x", "" },
    };
    app *a = fresh_app();
    for (size_t i = 0; i < countof(rows); i++)
        assert_string_equal(checked(a, rows[i].line), rows[i].reason);
    app_close(a);
}

/* Also one that no command has names the command in which it stands. */
static void an_unknown_option_names_its_command(UNUSED void **state) {
    app *a = fresh_app();
    const char *words[4];
    size_t n, used;
    char *const line[] = { (char *) "task", (char *) "show", (char *) "--nonsense" };
    assert_null(args_parse(a->call, (int) countof(line), line, &a->args, words, &n));
    const verb *v = verb_find(words, n, &used);
    assert_string_equal(verb_check(a, v, words, 0)->en, "The command task show has no option --nonsense.");
    assert_string_equal(verb_check_options(a, NULL)->en, "The command bihuan has no option --nonsense.");
    assert_string_equal(help_usage(a, v), "usage: bihuan task show TASK [OPTIONS]");
    app_close(a);
}

/* Help and refusal name the values from the tables that parse them. */
static void choices(UNUSED void **state) {
    static const struct {
        const char *command, *option, *choices;
    } rows[] = {
        { "apply", "kind", "return|extension|suspension|adjustment|termination" },
        { "unit add", "kind", "department|county|zone|office|collective|leadership" },
        { "report list", "state", "open|submitted|sent-back|approved" },
        { "login", "post", "handler|head|drafter|verifier|office-head|leader|auditor|operator" },
        { "task revise", "clear", "no|text|lead-unit|co-unit|county-unit|leader|deadline|result|is-key|clauses|node" },
        { "apply", "reason", NULL },
    };
    app *a = fresh_app();
    for (size_t i = 0; i < countof(rows); i++) {
        const char *words[] = { verb_token(a, rows[i].command, 0), verb_token(a, rows[i].command, 1) };
        size_t used;
        const verb *v = verb_find(words, words[1] ? 2 : 1, &used);
        const char *found = verb_choices(a, v, rows[i].option);
        assert_true(found == rows[i].choices || strcmp(found, rows[i].choices) == 0);
    }
    a->is_english = false;
    assert_string_equal(label_choices(a, &bh__application_state__descriptor),
                        "待决定(open)|已准予(granted)|未准(refused)|已撤回(withdrawn)");
    app_close(a);
}

/* A text of a command's own belongs to an option which that command has, and which is given in the same way. */
static void own_meanings(UNUSED void **state) {
    static const struct {
        const char *command, *name;
        option_kind kind;
    } rows[] = {
#define OPTION_IN(command, name, kind, meta, zh, en) { command, name, OPTION_##kind },
#include "options_in.def"
#undef OPTION_IN
    };
    app *a = fresh_app();
    for (size_t i = 0; i < countof(rows); i++) {
        const char *words[] = { verb_token(a, rows[i].command, 0), verb_token(a, rows[i].command, 1) };
        size_t used;
        const verb *v = verb_find(words, words[1] ? 2 : 1, &used);
        assert_true(v && verb_accepts(a, v, rows[i].name));
        assert_int_equal(option_find(rows[i].name)->kind, rows[i].kind);
        assert_ptr_not_equal(option_in(rows[i].command, rows[i].name), option_find(rows[i].name));
    }
    assert_ptr_equal(option_in("task set", "all"), option_find("all"));
    app_close(a);
}

static void languages(UNUSED void **state) {
    static const struct {
        const char *asked, *reason;
        bool is_english;
    } rows[] = {
        { "zh", "", false },
        { "en", "", true },
        { "en-GB", "", true },
        { "zh_CN.UTF-8", "", false },
        { "ZH", "", false },
        { "fr", "OPTION_BAD", false },
        { "english", "OPTION_BAD", false },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        app *a = fresh_app();
        assert_null(args_add(a->call, &a->args, "lang", rows[i].asked));
        const bh_err *error = app_open(a);
        assert_string_equal(error ? error->reason : "", rows[i].reason);
        assert_int_equal(a->is_english, rows[i].is_english);
        app_close(a);
    }
}

/* Refused before anything is asked. */
static void a_name_must_say_something(UNUSED void **state) {
    app *a = fresh_app();
    const char *id;
    const Bh__Application *application;
    Bh__Task task = BH__TASK__INIT;
    assert_string_equal(ref_task(a, "", &id)->reason, "OPTION_BAD");
    assert_string_equal(ref_application(a, &task, "", &application)->reason, "OPTION_BAD");
    app_close(a);
}

static void applications_that_fit_are_listed(UNUSED void **state) {
    app *a = fresh_app();
    const Bh__Application *found;
    Bh__Application one = BH__APPLICATION__INIT, two = BH__APPLICATION__INIT, *both[] = { &one, &two };
    Bh__Task task = BH__TASK__INIT;
    char first[] = "0193a", second[] = "0193b", unit[] = "市财政局";
    one.application_id = first;
    two.application_id = second;
    one.kind = two.kind = BH__APPLICATION_KIND__APPLICATION_KIND_EXTENSION;
    one.unit_name = two.unit_name = unit;
    task.applications = both;
    task.n_applications = 2;
    assert_null(ref_application(a, &task, "0193b", &found));
    assert_ptr_equal(found, &two);
    assert_string_equal(
        ref_application(a, &task, "0193", &found)->en,
        "\"0193\" means more than one, name it by its id: 0193a  extension  市财政局; 0193b  extension  市财政局.");
    one.state = two.state = BH__APPLICATION_STATE__APPLICATION_STATE_OPEN;
    char no[] = "", id[] = "0193f";
    task.no = no;
    task.task_id = id;
    const bh_err *several = ref_application(a, &task, NULL, &found);
    assert_string_equal(several->reason, "APPLICATIONS_OPEN");
    assert_string_equal(several->zh,
                        "任务 0193f 有 2 份待决定的申请，请在任务之后写上其中一份的标识（或其开头）：0193a  extension  "
                        "市财政局; 0193b  extension  市财政局");
    app_close(a);
}

static void a_folder_is_no_file(UNUSED void **state) {
    app *a = fresh_app();
    char *text;
    const bh_err *missing = disk_read(a, "no-such-file", &text, NULL);
    assert_string_equal(missing->en, "The file no-such-file cannot be read: No such file or directory.");
    a->is_english = false;
    missing = disk_read(a, "no-such-file", &text, NULL);
    assert_string_equal(missing->zh, "无法读取文件 no-such-file：没有这个文件或文件夹");
    assert_string_equal(disk_read(a, root, &text, NULL)->reason, "IS_FOLDER");
    app_close(a);
}

static void words_are_options(UNUSED void **state) {
    app *a = fresh_app();
    assert_string_equal(checked(a, "task urge --unit 发改 -- -2.24"), "");
    assert_string_equal(args_get(&a->args, "task"), "-2.24");
    assert_string_equal(checked(a, "unit members 各县 --member-unit 甲 --member-unit 乙"), "");
    assert_string_equal(args_nth(&a->args, "member-unit", 1), "乙");
    assert_null(args_nth(&a->args, "member-unit", 2));
    app_close(a);
}

static void too_many(UNUSED void **state) {
    app *a = fresh_app();
    for (size_t i = 0; i < ARGS_MAX; i++)
        assert_null(args_add(a->call, &a->args, "unit", "x"));
    assert_string_equal(args_add(a->call, &a->args, "unit", "x")->reason, "TOO_MANY_WORDS");
    app_close(a);
}

static void check_listed(app *a, const char *list) {
    const char *token, *name;
    for (size_t i = 0; (token = verb_token(a, list, i)); i++)
        for (size_t k = 0; (name = verb_name(a, token, k)); k++)
            assert_non_null(option_find(name));
}

/* Every word, option, request field and column of the table of commands is something the command knows. */
static void table_of_commands(UNUSED void **state) {
    app *a = fresh_app();
    for (size_t i = 0; i < verb_count; i++) {
        const verb *v = &verbs[i];
        check_listed(a, v->words);
        check_listed(a, v->options);
        assert_non_null(v->run);
        const ProtobufCMessageDescriptor *type = v->method.service ? remote_describe(v->method)->input : NULL;
        for (unsigned n = 0; type && n < type->n_fields; n++) {
            const char *option = fill_option(a->call->mem, &type->fields[n]);
            if (option && !option_find(option))
                fail_msg("%s %s: --%s is not in options.def", v->noun, v->name, option);
        }
    }
    app_close(a);
}

/* Every list has a word for what it lacks when it is empty: out_empty would stop at one without. */
static void lists_have_words(UNUSED void **state) {
    app *a = fresh_app();
    for (size_t i = 0; i < verb_count; i++)
        if (verbs[i].run == verb_list)
            out_empty(a, list_rows(remote_describe(verbs[i].method)->output)->name);
    app_close(a);
}

/* The option is a flag exactly where the field is a bool, a list where it repeats. */
static void options_fit_fields(UNUSED void **state) {
    app *a = fresh_app();
    for (size_t i = 0; i < verb_count; i++) {
        const ProtobufCMessageDescriptor *type =
            verbs[i].method.service ? remote_describe(verbs[i].method)->input : NULL;
        for (unsigned n = 0; type && n < type->n_fields; n++) {
            const char *option = fill_option(a->call->mem, &type->fields[n]);
            const option_row *row = option ? option_find(option) : NULL;
            if (!row)
                continue;
            assert_int_equal(row->kind == OPTION_FLAG, type->fields[n].type == PROTOBUF_C_TYPE_BOOL);
            if (type->fields[n].label == PROTOBUF_C_LABEL_REPEATED)
                assert_int_equal(row->kind, OPTION_LIST);
        }
    }
    app_close(a);
}

/* What keeps an id in the journal: only a definite answer lets it go. */
static void settled(UNUSED void **state) {
    static const struct {
        bh_code code;
        bool is_settled;
    } rows[] = {
        { BH_UNAVAILABLE, false },      { BH_DEADLINE_EXCEEDED, false },  { BH_UNKNOWN, false },
        { BH_INTERNAL, false },         { BH_CANCELLED, false },          { BH_ABORTED, true },
        { BH_PERMISSION_DENIED, true }, { BH_FAILED_PRECONDITION, true }, { BH_UNAUTHENTICATED, true },
    };
    assert_true(remote_is_settled(NULL));
    for (size_t i = 0; i < countof(rows); i++) {
        bh_err error = { .code = rows[i].code, .reason = "X" };
        assert_int_equal(remote_is_settled(&error), rows[i].is_settled);
    }
}

static bh_err *filled(app *a, const char *option, const char *value, Bh__ApplyRequest *request) {
    bh__apply_request__init(request);
    a->args.n = 0;
    assert_null(args_add(a->call, &a->args, option, value));
    return fill_request(a, &request->base);
}

static void fields(UNUSED void **state) {
    app *a = fresh_app();
    Bh__ApplyRequest request;
    assert_null(filled(a, "kind", "延期", &request));
    assert_int_equal(request.kind, BH__APPLICATION_KIND__APPLICATION_KIND_EXTENSION);
    assert_null(filled(a, "day", "2025-11-28", &request));
    assert_string_equal(request.day, "2025-11-28");
    assert_null(filled(a, "other-unit", "12", &request));
    assert_int_equal(request.other_unit_id, 12);
    assert_null(filled(a, "reason", "理由\n", &request));
    assert_string_equal(request.reason, "理由");
    assert_string_equal(filled(a, "day", "2025-02-30", &request)->reason, "OPTION_BAD");
    assert_string_equal(filled(a, "kind", "holiday", &request)->reason, "OPTION_BAD");
    assert_string_equal(filled(a, "reason", "\xff", &request)->reason, "OPTION_BAD");
    app_close(a);
}

static journal_entry entry_of(app *a, const char *reason) {
    Bh__ApplyRequest *request = arena_alloc(a->call->mem, sizeof(*request));
    bh__apply_request__init(request);
    request->reason = arena_strdup(a->call->mem, reason);
    return journal_find(a, "Apply", &request->base);
}

static void kept_until_settled(UNUSED void **state) {
    app *a = fresh_app();
    a->session.name = "head01";
    journal_entry first = entry_of(a, "late");
    assert_null(first.request_id);
    first.request_id = uuid_text(a->call->mem, uuid_v7(a->call->now_ms));
    first.version = 7;
    assert_null(journal_keep(a, &first));
    journal_entry again = entry_of(a, "late");
    assert_string_equal(again.request_id, first.request_id);
    assert_int_equal(again.version, 7);
    assert_null(entry_of(a, "later").request_id);
    a->session.name = "head02";
    assert_null(entry_of(a, "late").request_id);
    a->session.name = "head01";
    a->server = "https://127.0.0.1:2";
    assert_null(entry_of(a, "late").request_id);
    a->server = "https://127.0.0.1:1";
    journal_drop(&again);
    assert_null(entry_of(a, "late").request_id);
    app_close(a);
}

/* An id that the server would refuse as too old, or a broken file, is no entry. */
static void old_or_broken(UNUSED void **state) {
    app *a = fresh_app();
    a->session.name = "head01";
    journal_entry entry = entry_of(a, "late");
    int64_t week_ms = (int64_t) JOURNAL_DAYS * 24 * 3600 * 1000;
    entry.request_id = uuid_text(a->call->mem, uuid_v7(a->call->now_ms - week_ms - 1));
    assert_null(journal_keep(a, &entry));
    assert_null(entry_of(a, "late").request_id);
    assert_int_not_equal(access(entry.path, F_OK), 0);
    assert_null(disk_write(a, entry.path, "request_id=broken\nversion=1\n"));
    assert_null(entry_of(a, "late").request_id);
    app_close(a);
}

static void several_logins(UNUSED void **state) {
    app *a = fresh_app();
    static const session people[] = { { .name = "head01", .login = "head01", .token = "t1", .expires_ms = 1 },
                                      { .name = "lead/er", .login = "leader01", .token = "t2", .expires_ms = 2 } };
    struct stat about;
    assert_string_equal(store_find_session(a)->reason, "LOGIN_NEEDED");
    assert_null(store_save_session(a, &people[0]));
    assert_null(store_save_session(a, &people[1]));
    assert_null(store_find_session(a));
    assert_string_equal(a->session.token, "t2");
    assert_null(args_add(a->call, &a->args, "as", "head01"));
    assert_null(store_find_session(a));
    assert_string_equal(a->session.token, "t1");
    assert_int_equal(stat(disk_config_path(a, "logins/https___127.0.0.1_1/lead_er"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    store_drop_session(a);
    assert_string_equal(store_find_session(a)->reason, "LOGIN_NEEDED");
    app_close(a);
}

static void servers(UNUSED void **state) {
    app *a = fresh_app();
    assert_null(store_find_server(a));
    assert_string_equal(a->server, "https://127.0.0.1:8443");
    assert_null(store_save_context(a, "city", "https://city:443", NULL));
    assert_string_equal(store_use_context(a, "county")->reason, "NO_CONTEXT");
    assert_null(store_use_context(a, "city"));
    assert_null(store_find_server(a));
    assert_string_equal(a->server, "https://city:443");
    assert_null(args_add(a->call, &a->args, "server", "https://other:1/"));
    assert_null(store_find_server(a));
    assert_string_equal(a->server, "https://other:1");
    assert_null(args_add(a->call, &a->args, "server", "http://other:1"));
    assert_string_equal(store_find_server(a)->reason, "OPTION_BAD");
    app_close(a);
}

static void settings(UNUSED void **state) {
    app *a = fresh_app();
    setenv("BIHUAN_LANG", "en_GB", 1);
    setenv("BIHUAN_OUTPUT", "csv", 1);
    assert_null(app_open(a));
    assert_true(a->is_english);
    assert_int_equal(a->out, OUT_CSV);
    assert_int_equal(a->timeout_ms, 30000);
    setenv("BIHUAN_OUTPUT", "xml", 1);
    assert_string_equal(app_open(a)->reason, "OPTION_BAD");
    unsetenv("BIHUAN_OUTPUT");
    unsetenv("BIHUAN_LANG");
    setenv("LC_ALL", "C.UTF-8", 1);
    assert_null(args_add(a->call, &a->args, "timeout", "0"));
    assert_string_equal(app_open(a)->reason, "OPTION_BAD");
    assert_false(a->is_english);
    int64_t index;
    assert_null(app_index(a, "first", "9223372036854775806", &index));
    assert_string_equal(app_index(a, "first", "9223372036854775807", &index)->reason, "OPTION_BAD");
    app_close(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage),
        cmocka_unit_test(an_unknown_option_names_its_command),
        cmocka_unit_test(choices),
        cmocka_unit_test(own_meanings),
        cmocka_unit_test(languages),
        cmocka_unit_test(a_name_must_say_something),
        cmocka_unit_test(applications_that_fit_are_listed),
        cmocka_unit_test(a_folder_is_no_file),
        cmocka_unit_test(words_are_options),
        cmocka_unit_test(too_many),
        cmocka_unit_test(table_of_commands),
        cmocka_unit_test(lists_have_words),
        cmocka_unit_test(options_fit_fields),
        cmocka_unit_test(fields),
        cmocka_unit_test(kept_until_settled),
        cmocka_unit_test(old_or_broken),
        cmocka_unit_test(several_logins),
        cmocka_unit_test(servers),
        cmocka_unit_test(settings),
        cmocka_unit_test(settled),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
