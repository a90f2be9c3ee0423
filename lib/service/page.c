#include "service/page.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "service/field.h"

enum { NUMBER_DIGITS_MAX = 18 };

bh_err *page_rows(bh_call *call, int32_t page_size, int32_t *ret_rows) {
    TRY(field_range(call, "page_size", page_size, 0, PAGE_SIZE_MAX));
    *ret_rows = page_size ? page_size : PAGE_SIZE_DEFAULT;
    return NULL;
}

bh_err *page_parts(bh_call *call, const char *token, const char **ret_parts, size_t n) {
    for (size_t i = 0; i < n; i++)
        ret_parts[i] = NULL;
    if (!*token)
        return NULL;
    size_t found = 0;
    char *rest = arena_strdup(call->mem, token);
    for (char *part; found < n && (part = strsep(&rest, "/"));)
        ret_parts[found++] = part;
    if (found != n || rest)
        return bh_fail_why(call, BAD_FIELD, "page_token", NOT_PAGE_TOKEN);
    return NULL;
}

bh_err *page_number(bh_call *call, const char *part, int64_t max, int64_t *ret_number) {
    /* Digits only: strtoll alone would skip blanks, stop at the first letter and keep the largest of what is too large.
     */
    size_t n = strspn(part, "0123456789");
    long long number = n > 0 && n <= NUMBER_DIGITS_MAX && !part[n] ? strtoll(part, NULL, 10) : -1;
    if (number < 0 || number > max)
        return bh_fail_why(call, BAD_FIELD, "page_token", NOT_PAGE_TOKEN);
    *ret_number = number;
    return NULL;
}

bh_err *page_after(bh_call *call, int32_t page_size, const char *token, int32_t *ret_rows, int32_t *ret_after) {
    const char *part;
    int64_t after = 0;
    TRY(page_rows(call, page_size, ret_rows));
    TRY(page_parts(call, token, &part, 1));
    if (part)
        TRY(page_number(call, part, INT32_MAX, &after));
    *ret_after = (int32_t) after;
    return NULL;
}

bool page_takes(size_t *bytes, const ProtobufCMessage *row) {
    size_t before = *bytes;
    *bytes += protobuf_c_message_get_packed_size(row);
    return before == 0 || *bytes <= PAGE_BYTES_MAX;
}

bool page_cut(const void *rows, size_t *n, int32_t asked) {
    const ProtobufCMessage *const *messages = rows;
    size_t found = *n, kept = 0, bytes = 0;
    while (kept < found && page_takes(&bytes, messages[kept]))
        kept++;
    *n = kept;
    return kept < found || found == (size_t) asked;
}

char *page_token(bh_call *call, bool has_more, int32_t last) {
    return has_more ? arena_printf(call->mem, "%d", (int) last) : (char *) "";
}
