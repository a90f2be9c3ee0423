#include "http.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "disk.h"

enum { CONNECT_TIMEOUT_MS = 5000 };

/* What the callbacks of one exchange need. */
typedef struct exchange {
    CURL *curl;
    const http_request *request;
    http_answer *answer;
    int save_error; /* errno */
} exchange;

static size_t on_body(char *bytes, UNUSED size_t one, size_t n, void *data) {
    exchange *x = data;
    long status = 0;
    curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    if (x->request->part && status == 200)
        return x->request->part(x->request->part_data, bytes, n) ? n : 0;
    if (x->request->save && status == 200) {
        if (fwrite(bytes, 1, n, x->request->save) == n)
            return n;
        x->save_error = errno;
        return 0;
    }
    if (x->answer->body.n + n > HTTP_ANSWER_MAX)
        return 0;
    buf_add(&x->answer->body, bytes, n);
    return n;
}

static size_t on_upload(char *bytes, size_t size, size_t n, void *data) {
    return fread(bytes, size, n, data);
}

static bh_err *curl_of(app *a, CURL **ret_curl) {
    if (!a->curl)
        a->curl = curl_easy_init();
    if (!a->curl)
        return bh_fail(a->call, INTERNAL_ERROR, "curl_easy_init");
    *ret_curl = a->curl;
    curl_easy_reset(a->curl);
    return NULL;
}

static void free_headers(void *headers) {
    curl_slist_free_all(headers);
}

static struct curl_slist *headers_of(app *a, const http_request *request) {
    arena *mem = a->call->mem;
    const char *lines[] = {
        "Connect-Protocol-Version: 1",
        "Expect:",
        arena_printf(mem, "Connect-Timeout-Ms: %lld", (long long) request->timeout_ms),
        request->type ? arena_printf(mem, "Content-Type: %s", request->type) : "Content-Type:",
        a->session.token ? arena_printf(mem, "Authorization: Bearer %s", a->session.token) : NULL,
    };
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < countof(lines); i++)
        if (lines[i])
            list = curl_slist_append(list, lines[i]);
    arena_defer(mem, free_headers, list);
    return list;
}

/* A proxy of the environment has no business between this machine and itself. */
static bool is_loopback(const char *server) {
    static const char *const hosts[] = { "https://127.", "https://localhost", "https://[::1]" };
    for (size_t i = 0; i < countof(hosts); i++)
        if (strncmp(server, hosts[i], strlen(hosts[i])) == 0)
            return true;
    return false;
}

static void set_body(CURL *curl, const http_request *request) {
    if (request->upload) {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_upload);
        curl_easy_setopt(curl, CURLOPT_READDATA, request->upload);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t) request->body_size);
    } else if (request->body) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) request->body_size);
    }
}

static void set_options(app *a, exchange *x) {
    const http_request *request = x->request;
    CURL *curl = x->curl;
    curl_easy_setopt(curl, CURLOPT_URL, arena_printf(a->call->mem, "%s%s", a->server, request->path));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    if (a->ca)
        curl_easy_setopt(curl, CURLOPT_CAINFO, a->ca);
    if (is_loopback(a->server))
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long) CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long) request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_of(a, request));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
    set_body(curl, request);
}

/* What libcurl's results mean; all but the connection that breaks say that no byte of the request left this machine. */
static const struct cause {
    CURLcode code;
    bh_reason reason;
    const char *zh;
} causes[] = {
    { CURLE_URL_MALFORMAT, BH_REASON_SERVER_UNREACHABLE, "地址写法不对" },
    { CURLE_UNSUPPORTED_PROTOCOL, BH_REASON_SERVER_UNREACHABLE, "地址写法不对" },
    { CURLE_COULDNT_RESOLVE_HOST, BH_REASON_SERVER_UNREACHABLE, "查不到主机名" },
    { CURLE_COULDNT_RESOLVE_PROXY, BH_REASON_SERVER_UNREACHABLE, "查不到代理的主机名" },
    { CURLE_COULDNT_CONNECT, BH_REASON_SERVER_UNREACHABLE, "该地址没有应答" },
    { CURLE_OPERATION_TIMEDOUT, BH_REASON_SERVER_UNREACHABLE, "超过时限" },
    { CURLE_SSL_CONNECT_ERROR, BH_REASON_SERVER_UNREACHABLE, "加密连接未能建立" },
    { CURLE_PEER_FAILED_VERIFICATION, BH_REASON_SERVER_NOT_TRUSTED, "证书验证不通过" },
    { CURLE_SSL_CACERT_BADFILE, BH_REASON_SERVER_NOT_TRUSTED, "根证书文件不可用" },
    { CURLE_SSL_ISSUER_ERROR, BH_REASON_SERVER_NOT_TRUSTED, "证书的签发者不对" },
    { CURLE_SEND_ERROR, BH_REASON_CONNECTION_LOST, "发送中断" },
    { CURLE_RECV_ERROR, BH_REASON_CONNECTION_LOST, "接收中断" },
    { CURLE_GOT_NOTHING, BH_REASON_CONNECTION_LOST, "没有收到答复" },
};

static const struct cause *cause_of(CURLcode code) {
    for (size_t i = 0; i < countof(causes); i++)
        if (causes[i].code == code)
            return &causes[i];
    return NULL;
}

/* A time limit that passes before the request was begun has sent nothing either. */
static bh_reason reason_of(const exchange *x, CURLcode code) {
    const struct cause *cause = cause_of(code);
    long sent = 0;
    curl_easy_getinfo(x->curl, CURLINFO_REQUEST_SIZE, &sent);
    if (code == CURLE_OPERATION_TIMEDOUT && sent)
        return BH_REASON_NO_ANSWER_IN_TIME;
    return cause ? cause->reason : BH_REASON_CONNECTION_LOST;
}

static bh_err *failure(app *a, const exchange *x, CURLcode code) {
    const struct cause *cause = cause_of(code);
    const char *about[4] = { a->server, cause && !a->is_english ? cause->zh : curl_easy_strerror(code) };
    if (x->save_error)
        return bh_fail(a->call, FILE_UNWRITABLE, "--save", disk_why(a, x->save_error));
    if (x->answer->body.n && code == CURLE_WRITE_ERROR)
        return bh_fail(a->call, ANSWER_UNREADABLE, "too large");
    return bh_err_new(a->call, reason_of(x, code), __FILE__, __LINE__, about);
}

bh_err *http_exchange(app *a, const http_request *request, http_answer *ret_answer) {
    exchange x = { .request = request, .answer = ret_answer };
    *ret_answer = (http_answer){ .type = "" };
    buf_init(&ret_answer->body, a->call->mem);
    TRY(curl_of(a, &x.curl));
    set_options(a, &x);
    CURLcode code = curl_easy_perform(x.curl);
    if (code != CURLE_OK)
        return failure(a, &x, code);
    const char *type = NULL;
    curl_easy_getinfo(x.curl, CURLINFO_RESPONSE_CODE, &ret_answer->status);
    curl_easy_getinfo(x.curl, CURLINFO_CONTENT_TYPE, &type);
    ret_answer->type = arena_strdup(a->call->mem, type ? type : "");
    return NULL;
}

const char *http_escape(app *a, const char *text) {
    char *escaped = curl_easy_escape(NULL, text, (int) strlen(text));
    const char *copy = arena_strdup(a->call->mem, escaped ? escaped : "");
    curl_free(escaped);
    return copy;
}
