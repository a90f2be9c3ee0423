#include "cmd.h"

#include "bihuan/v1/audit_service.pb-c.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "bihuan/v1/target_service.pb-c.h"
#include "bihuan/v1/task_service.pb-c.h"

#define NONE \
    { NULL, NULL }
#define TASK(name) \
    { &bh__task_service__descriptor, name }
#define PROGRESS(name) \
    { &bh__progress_service__descriptor, name }
#define TARGET(name) \
    { &bh__target_service__descriptor, name }
#define DIRECTORY(name) \
    { &bh__directory_service__descriptor, name }

#define VERB(...) \
    { __VA_ARGS__, .is_sessionless = false }
#define OPEN_VERB(...) \
    { __VA_ARGS__, .is_sessionless = true }

#define TASK_COLUMNS \
    "no state clock_holder deadline is_provisional overdue_workdays lead_unit_name task_id text +is_key"
#define REPORT_COLUMNS                                                                                      \
    "task_no task_text unit_id.name period state due text problems next_step values evidence submitted_by " \
    "approved_by "                                                                                          \
    "note version report_id task_id"

/* VERB(noun, verb, words, options beside the request's fields, function, call, columns, zh, en); an OPEN_VERB runs
 * without a stored login.
 * A further command is one row here; its options follow from its request message. */
const verb verbs[] = {
    OPEN_VERB("login", "", "login", "password-file save-as", cmd_login, DIRECTORY("Login"), NULL,
              "登录（密码从 --password-file、BIHUAN_PASSWORD 或终端读取）",
              "log in; password from --password-file, BIHUAN_PASSWORD or the terminal"),
    VERB("logout", "", "", "", cmd_logout, DIRECTORY("Logout"), NULL, "退出登录", "log out"),
    OPEN_VERB("whoami", "", "", "all", cmd_whoami, DIRECTORY("GetMe"), NULL, "当前账号与岗位；--all 列出已保存的登录",
              "account and post; --all lists stored logins"),
    VERB("passwd", "", "", "password-file new-password-file", cmd_passwd, DIRECTORY("ChangePassword"), NULL,
         "修改自己的密码", "change the own password"),
    OPEN_VERB("context", "list", "", "", cmd_context_list, NONE, NULL, "已保存的服务地址", "saved servers"),
    OPEN_VERB("context", "use", "name", "", cmd_context_use, NONE, NULL, "选用服务地址", "use a saved server"),
    OPEN_VERB("context", "set", "name", "", cmd_context_set, NONE, NULL, "保存 --server 与 --ca",
              "save --server and --ca"),
    VERB("watch", "", "", "first limit", cmd_watch, { &bh__audit_service__descriptor, "WatchChanges" }, NULL,
         "随时列出可见任务的变动；连接中断后自行恢复，不漏不重",
         "changes of the tasks you may see, as they happen; resumes by itself, nothing lost or twice"),
    VERB("todo", "", "", "limit", cmd_todo, NONE, NULL, "等待我办理的事项，先到期的在前",
         "what waits for me, what is due first on top"),
    VERB("task", "list", "", "limit", verb_list, TASK("ListTasks"), TASK_COLUMNS, "列出任务，先建的在前",
         "list tasks, oldest first"),
    VERB("task", "show", "task", "", cmd_task_show, NONE, NULL, "任务全貌", "one task with all its parts"),
    VERB("task", "history", "task", "limit", cmd_task_history, TASK("ListTaskEvents"), NULL, "办理经过，旧的在前",
         "what happened, oldest first"),
    VERB("task", "why", "task", "", cmd_task_why, TASK("ExplainMoves"), NULL, "每个动作能不能办、为什么、谁能解决",
         "for each move: may I, why not, who can help"),
    VERB("task", "create", "", "no text! lead-unit co-unit county-unit leader deadline result is-key clauses node",
         cmd_task_create, TASK("CreateTask"), NULL, "新建草稿", "create a draft"),
    VERB("task", "revise", "task",
         "no text lead-unit co-unit county-unit leader deadline result is-key clauses node clear", cmd_task_revise,
         NONE, NULL, "修改一份草稿：给出的选项各替换一项，--clear 清空一项",
         "correct one draft: every option given replaces that field, --clear empties one"),
    VERB("task", "set", "task?", "task/all import deadline|plan-year result|default-result node", cmd_task_set, NONE,
         NULL, "设定期限、成果、节点；--import ID --all 为整批",
         "set deadline, result, milestones; --import ID --all for many"),
    VERB("task", "submit", "task?", "task/all import", cmd_task_bulk, TASK("SubmitTask"), NULL, "T1 提交审定",
         "T1 submit for approval"),
    VERB("task", "sendback", "task", "reason!", verb_command, TASK("SendBackTask"), NULL, "T2 退回修改",
         "T2 send back"),
    VERB("task", "issue", "task?", "task/all import", cmd_task_bulk, TASK("IssueTask"), NULL, "T3 交办", "T3 issue"),
    VERB("task", "ack", "task", "", verb_command, TASK("AcknowledgeLeg"), NULL, "T4 签收", "T4 acknowledge"),
    VERB("task", "reassign", "task", "unit! new-unit! reason!", verb_command, TASK("ReassignLeg"), NULL, "T6 改派",
         "T6 reassign"),
    VERB("task", "split", "task", "child! deadline result leader", cmd_task_split, TASK("SplitLeg"), NULL,
         "分解本单位的分工", "break the own leg down"),
    VERB("task", "waive-child", "task", "child-task! reason!", verb_command, TASK("WaiveChild"), NULL, "豁免子任务",
         "let a child task go"),
    VERB("task", "submit-leg", "task", "", verb_command, TASK("SubmitLeg"), NULL, "提交本单位的分工",
         "hand in the own leg"),
    VERB("task", "close", "task", "text!", verb_command, TASK("RequestClosure"), NULL, "T13 写办结申请",
         "T13 write the closing text"),
    VERB("task", "countersign", "task", "", verb_command, TASK("Countersign"), NULL, "会签同意", "countersign"),
    VERB("task", "dissent", "task", "opinion!", verb_command, TASK("Dissent"), NULL, "会签提出异议", "dissent"),
    VERB("task", "rule", "task", "unit! upheld/overruled reason!", verb_command, TASK("RuleDissent"), NULL, "裁定异议",
         "rule on a dissent"),
    VERB("task", "absent", "task", "unit! reason!", verb_command, TASK("MarkAbsent"), NULL, "记为未会签",
         "mark a silent unit absent"),
    VERB("task", "approve", "task", "", verb_command, TASK("SignClosure"), NULL, "T13 签署办结申请",
         "T13 sign the closure request"),
    VERB("task", "withdraw", "task", "reason!", verb_command, TASK("WithdrawClosure"), NULL, "撤回办结申请",
         "take the closure request back"),
    VERB("task", "return", "task", "reason!", verb_command, TASK("ReturnTask"), NULL, "T14 核验退回", "T14 return"),
    VERB("task", "verify", "task", "result-class!", verb_command, TASK("VerifyTask"), NULL, "T15 核验通过",
         "T15 verify"),
    VERB("task", "signoff", "task", "", verb_command, TASK("SignOffTask"), NULL, "T16 签批销号", "T16 sign off"),
    VERB("task", "refuse", "task", "reason!", verb_command, TASK("RefuseSignOff"), NULL, "T17 签批退回", "T17 refuse"),
    VERB("task", "reopen", "task", "reason! evidence!", verb_command, TASK("ReopenTask"), NULL, "T18 重开",
         "T18 reopen"),
    VERB("task", "suspend", "task", "reason! review-day!", verb_command, TASK("SuspendTask"), NULL, "T10 暂停",
         "T10 suspend"),
    VERB("task", "resume", "task", "reason!", verb_command, TASK("ResumeTask"), NULL, "T10 恢复", "T10 resume"),
    VERB("task", "urge", "task", "unit!", verb_command, TASK("UrgeLeg"), NULL, "催办", "urge a unit"),
    VERB("task", "waive", "task", "clause! reason!", verb_command, TASK("WaiveClause"), NULL, "豁免分句",
         "waive a clause"),
    VERB("task", "members", "task", "unit!", cmd_task_members, TASK("NameMembers"), NULL,
         "点名集合单位的成员（--member-unit，不给即豁免）",
         "name a collective's members (--member-unit; none = waived)"),
    VERB("milestone", "report", "task milestone", "", verb_command, TASK("ReportMilestone"), NULL, "T8 节点填报",
         "T8 report a milestone"),
    VERB("milestone", "approve", "task milestone", "", verb_command, TASK("ApproveMilestone"), NULL, "T8 节点审核",
         "T8 approve a milestone"),
    VERB("milestone", "confirm", "task milestone", "", verb_command, TASK("ConfirmMilestone"), NULL,
         "T8 节点确认（--waived 豁免）", "T8 confirm a milestone (--waived lets it go)"),
    VERB("apply", "", "kind task?", "task/all import reason!", cmd_task_bulk, TASK("Apply"), NULL,
         "申请退回、延期、暂停、调整、终止；--import ID --all 为整批草稿",
         "apply for return, extension, suspension, adjustment, termination; --import ID --all for many drafts"),
    VERB("application", "decide", "task? application?", "task/all import granted/refused reason! day",
         cmd_application_decide, NONE, NULL, "决定申请；--import ID --all 为整批草稿",
         "decide an application; --import ID --all for many drafts"),
    VERB("application", "withdraw", "task application?", "", cmd_application_withdraw, NONE, NULL, "撤回申请",
         "withdraw an application"),
    OPEN_VERB("import", "", "file", "dry-run again unit leader lead", cmd_import, NONE, NULL,
              "导入责任分解文件（--dry-run 只解析）", "import a breakdown (--dry-run only parses)"),

    VERB("report", "list", "task?", "limit", verb_list, PROGRESS("ListReports"),
         "task_no period state unit_id.name version due submitted_by approved_by report_id +unit_id",
         "列出填报，新的月份在前", "list reports, newest month first"),
    VERB("report", "show", "report", "", verb_get, PROGRESS("GetReport"), REPORT_COLUMNS, "一份填报", "one report"),
    VERB("report", "submit", "task", "period! text! value", cmd_report_submit, PROGRESS("SubmitReport"), NULL,
         "T7 填报", "T7 submit a report"),
    VERB("report", "approve", "report", "", verb_command, PROGRESS("ApproveReport"), NULL, "T7 审核通过",
         "T7 approve a report"),
    VERB("report", "sendback", "report", "reason!", verb_command, PROGRESS("SendBackReport"), NULL, "T7 审核退回",
         "T7 send a report back"),
    VERB("evidence", "add", "file", "", cmd_evidence_add, NONE, NULL, "上传佐证材料", "upload a file"),
    VERB("evidence", "get", "digest", "save", cmd_evidence_get, NONE, NULL, "下载佐证材料", "download a file"),
    VERB("target", "list", "", "task/import limit", verb_list, TARGET("ListTargets"),
         "row_no category metric comparator number unit phrase target_id", "列出目标（--task 或 --import），按原文顺序",
         "list targets (--task or --import) in the document's order"),
    VERB("target", "show", "target", "", verb_get, TARGET("GetTarget"), NULL, "一个目标", "one target"),
    VERB("target", "observations", "target", "limit", verb_list, TARGET("ListObservations"),
         "period unit_id.name number source recorded_ms +unit_id", "目标的实际值，新的月份在前",
         "what was observed, newest month first"),
    VERB("unit", "list", "", "limit", verb_list, DIRECTORY("ListUnits"),
         "unit_id kind name aliases member_unit_ids.name +member_unit_ids", "列出单位", "list units"),
    VERB("unit", "add", "name", "kind!", verb_command, DIRECTORY("CreateUnit"), NULL, "新增单位", "add a unit"),
    VERB("unit", "alias", "unit alias", "", verb_command, DIRECTORY("AddUnitAlias"), NULL, "把一种写法对应到单位",
         "map a spelling to a unit"),
    VERB("unit", "unalias", "unit alias", "", verb_command, DIRECTORY("RemoveUnitAlias"), NULL, "取消单位的一种写法",
         "take a spelling from a unit"),
    VERB("unit", "members", "unit", "", verb_command, DIRECTORY("SetUnitMembers"), NULL, "设定集合单位的成员",
         "set a collective's members"),
    VERB("user", "list", "", "limit", verb_list, DIRECTORY("ListUsers"), "user_id login name disabled posts",
         "列出人员", "list people"),
    VERB("user", "add", "login", "name! password-file", cmd_user_add, DIRECTORY("CreateUser"), NULL, "新增人员",
         "add a person"),
    VERB("user", "post", "user", "unit! post!", verb_command, DIRECTORY("GrantPost"), NULL, "授予岗位", "grant a post"),
    VERB("user", "revoke", "user", "unit! post!", verb_command, DIRECTORY("RevokePost"), NULL, "撤销岗位",
         "revoke a post"),
    VERB("user", "disable", "user", "", verb_command, DIRECTORY("DisableUser"), NULL, "停用账号", "close an account"),
    VERB("audit", "head", "", "save", cmd_audit_head, NONE, NULL, "取树头；--save 存成库外保存的文件",
         "the tree head; --save writes the file to keep outside"),
    VERB("audit", "verify", "", "head", cmd_audit_verify, NONE, NULL,
         "重算全部条目，与 --head 文件比对；发现改动则退出码 7",
         "recompute every entry and compare with the file --head; exit status 7 when something was changed"),
    VERB("audit", "list", "", "first|object newest limit", cmd_audit_list, NONE, NULL,
         "列出审计条目，旧的在前；--newest 新的在前", "list entries, oldest first; --newest turns that round"),
    VERB("audit", "proof", "entry", "", cmd_audit_proof, NONE, NULL, "某条在树中的证明（已核对）",
         "the proof that an entry is in the tree, checked"),
    OPEN_VERB("version", "", "", "", cmd_version, NONE, NULL, "版本", "the version of this command"),
};

const size_t verb_count = countof(verbs);
