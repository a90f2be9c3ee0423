#include "earlier.h"

#include <string.h>

#include "bihuan/v1/task_service.pb-c.h"
#include "cell.h"
#include "list.h"
#include "out.h"
#include "remote.h"

static const remote_method list_imports = { &bh__task_service__descriptor, "ListImports" };

static bh_err *find(app *a, const intake *in, Bh__Import ***ret_imports, size_t *ret_n) {
    Bh__ListImportsRequest *request = (Bh__ListImportsRequest *) remote_request(a, list_imports);
    const import_document *document = &in->document;
    request->document_number = arena_strdup(a->call->mem, document->number ? document->number : "");
    request->document_title = arena_strdup(a->call->mem, document->title ? document->title : "");
    request->document_digest = arena_strdup(a->call->mem, in->digest);
    return list_all(a, list_imports, &request->base, LIST_MAX, (ProtobufCMessage ***) ret_imports, ret_n);
}

static void tell(app *a, const Bh__Import *import) {
    out_note(SAY(a, "  %s 由 %s 导入过这份文件（第 %d 次，导入 %s）：草稿未交办 %d 项，已交办 %d 项",
                 "  imported on %s by %s (round %d, import %s): %d drafts not issued, %d tasks issued"),
             cell_text(a, &import->base, "time_ms"), import->imported_by, import->round, import->import_id,
             import->open_count, import->issued_count);
}

/* The newest import of these very bytes, or NULL. */
static const Bh__Import *find_same(const intake *in, Bh__Import *const *imports, size_t n) {
    while (n-- > 0)
        if (strcmp(imports[n]->document_digest, in->digest) == 0)
            return imports[n];
    return NULL;
}

/* A further import: no draft of an earlier one may stand, and what was issued stays as it is. */
static bh_err *begin_round(app *a, Bh__Import *const *imports, size_t n, int32_t *ret_round) {
    int issued = 0;
    for (size_t i = 0; i < n; i++) {
        if (imports[i]->open_count)
            return bh_fail(a->call, IMPORT_OPEN, arena_printf(a->call->mem, "%d", imports[i]->open_count),
                           imports[i]->import_id);
        issued += imports[i]->issued_count;
    }
    if (issued)
        out_note(SAY(a, "  已交办的 %d 项不受影响；再次导入会把它们另拟一遍，只交办有更正的各项，其余请终止",
                     "  The %d issued tasks stay as they are; this import drafts them once more: issue what was "
                     "corrected only, end the rest."),
                 issued);
    *ret_round = n ? imports[n - 1]->round + 1 : 1;
    return NULL;
}

bh_err *earlier_check(app *a, intake *in) {
    Bh__Import **imports;
    size_t n;
    in->known = NULL;
    TRY(find(a, in, &imports, &n));
    for (size_t i = 0; i < n; i++)
        tell(a, imports[i]);
    if (n == 0 || args_get(&a->args, "again"))
        return begin_round(a, imports, n, &in->round);
    in->known = find_same(in, imports, n);
    if (!in->known)
        return bh_fail(a->call, IMPORT_KNOWN, in->document.number ? in->document.number : in->document.title);
    out_note("%s", SAY(a, "  同一份文件再次导入不会增加任何内容", "  The same file again adds nothing."));
    in->round = in->known->round;
    return NULL;
}
