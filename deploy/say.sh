#!/usr/bin/env bash
# Messages of the scripts, Chinese first, English second. Sourced.
set -euo pipefail

# say 中文 English: progress on stderr, so that stdout stays for results.
say() {
    printf '· %s\n  %s\n' "$1" "$2" >&2
}

# die 中文 English: one sentence a person can act on, then exit 1.
die() {
    printf '错误：%s\nError: %s\n' "$1" "$2" >&2
    exit 1
}

# usage 中文 English: how the script is called, then exit 2.
usage() {
    printf '用法：%s\nUsage: %s\n' "$1" "$2" >&2
    exit 2
}
