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

# Of a setting that is given; what it must look like is told.
check_form() { # NAME FORM 中文 English
    [[ -z ${!1:-} || ${!1} =~ ^($2)$ ]] || die "$1 应为 $3" "$1 must be $4."
}

check_count() { # NAME
    check_form "$1" '[1-9][0-9]{0,5}|1000000' "1 至 1000000 的整数" "a number from 1 to 1000000"
}

# For files of settings, which shells read too.
check_path() { # NAME
    check_form "$1" '/[A-Za-z0-9_./-]*' "绝对路径（字母、数字和 _./-）" "an absolute path of letters, digits and _./-"
}
