/* Errors as the outside sees them, in the protocol of the request with our ErrorDetail, and one line in the log. */
#pragma once

#include "http.h"

/* Answers with the error, in the language the client asks for; an answer that is open ends with it. */
void refuse(http_stream *s, const bh_err *error);
/* The same of what is no call in any protocol: this HTTP status with one header more, the error as in Connect. */
void refuse_request(http_stream *s, int status, http_header more, const bh_err *error);
/* Ends an open answer for which all went well, with its line. */
void finished(http_stream *s);
/* The line for a call that went well. */
void accepted(const http_stream *s);
/* The line for a call whose client left before the answer; nothing when it was answered. */
void abandoned(const http_stream *s);
