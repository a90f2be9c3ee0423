/* CURVE keys and the file that holds one. */
#pragma once

#include <stdbool.h>

#include "base/call.h"

enum { RPC_KEY_TEXT_SIZE = 41 }; /* 40 digits of Z85 and NUL */

typedef struct rpc_key {
    char public_text[RPC_KEY_TEXT_SIZE];
    char secret_text[RPC_KEY_TEXT_SIZE];
} rpc_key;

/* Reads a secret key and derives the public one. The file holds the word "secret" and the key as Z85, and must be
 * closed to group and others (0600 or 0400). */
MUST bh_err *rpc_key_load(bh_call *call, const char *path, rpc_key *ret_key);
/* Makes a key pair and writes its secret half to a new file with mode 0600; an existing file is an error. */
MUST bh_err *rpc_key_create(bh_call *call, const char *path, rpc_key *ret_key);
/* True for 40 Z85 digits. */
bool rpc_key_text_is_valid(const char *text);
