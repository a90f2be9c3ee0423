#!/usr/bin/env bash
# Where this installation lives: state folder, ports, accounts, supervisor. Sourced by up, down and status.
# Settings: BIHUAN_STATE (folder), BIHUAN_PORT (the first of ten), BIHUAN_ADDRESS (where HAProxy listens), BIHUAN_PRESET
# (release; test in the tests), BIHUAN_INSTANCES (of each service, 1 to 9), and the bounds below. `up` keeps them in
# settings in the state folder, later runs read them there.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deploy=$top/deploy
# shellcheck source=deploy/say.sh
. "$deploy/say.sh"
# shellcheck source=deploy/inventory.sh
. "$deploy/inventory.sh"

# take_nothing "$@": of a script without arguments.
take_nothing() {
    [ $# = 0 ] || usage "deploy/${0##*/}（不带参数；设置见 docs/RUNBOOK.md）" "deploy/${0##*/}, without arguments; settings: docs/RUNBOOK.md."
}

# instances_of SERVICE: the programs that run it, as in task task-2.
instances_of() {
    local i
    echo "$1"
    for ((i = 2; i <= instances; i++)); do
        echo "$1-$i"
    done
}

# servers: all instances of all services. programs: all, in the order in which they start; they stop the other way round.
# shellcheck disable=SC2034
name_programs() {
    mapfile -t servers < <(for service in "${services[@]}"; do instances_of "$service"; done)
    programs=(postgres "${servers[@]}" gateway haproxy)
}

is_root() {
    [ "$(id -u)" = 0 ]
}

# Whether the accounts of our programs can get at the folder, and PostgreSQL can put a socket into it.
is_usable() {
    [ ${#1} -le 70 ] || return 1
    ! is_root || setpriv --reuid=nobody --clear-groups -- test -x "$1"
}

# Where this account keeps what belongs to no clone.
account_folder() {
    if is_root; then echo /var/lib; else echo "$HOME/.local/state"; fi
}

# Whether the state folder is that of this clone, whether somebody named it or not.
is_own_state() {
    [ "$state" = "$(realpath -m "$top/state")" ]
}

# The folder set, else state/ of this clone.
find_state() {
    state=$(realpath -m "${BIHUAN_STATE:-$top/state}")
}

# For whoever will write there: where state/ of the clone cannot be used, it points to a folder that can.
place_state() {
    local other
    find_state
    [ -z "${BIHUAN_STATE:-}" ] && [ ! -e "$state/settings" ] || return 0
    mkdir -p "$state"
    ! is_usable "$state" || return 0
    other=$(account_folder)/bihuan-$(sha256sum <<<"$top" | head -c 8)
    rmdir "$state"
    ln -sfn "$other" "$top/state"
    say "状态目录放在 $other（本目录其他账号无法访问或路径过长）" "State goes to $other (others cannot enter this folder, or its path is too long)."
}

in_use() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# busy_port FIRST COUNT: the first of these ports that somebody listens on; fails when nobody does.
busy_port() {
    local candidate
    for ((candidate = $1; candidate < $1 + $2; candidate++)); do
        ! in_use "$candidate" || { echo "$candidate"; return; }
    done
    return 1
}

# The first ports of this account's other installations, also of those that are stopped or still being built. The
# registry holds a link to each state folder; a link whose installation was removed goes.
others_ports() {
    local link
    for link in "$registry"/*; do
        [ -e "$link/settings" ] || { rm -f "$link"; continue; }
        [ "$link" -ef "$state" ] || sed -nE 's/^port=([1-9][0-9]{0,4})$/\1/p' "$link/settings"
    done
}

# free_port OTHERS...: the first of ten free ports from 8443 on, in steps of ten, that are none of the others' tens.
free_port() {
    local first other
    for first in $(seq 8443 10 9433); do
        for other in "$@"; do
            ((other <= first - 10 || other >= first + 10)) || continue 2
        done
        busy_port "$first" 10 >/dev/null || { echo "$first"; return; }
    done
    die "8443 至 9442 之间没有空闲端口，请设置 BIHUAN_PORT" "No free ports between 8443 and 9442; set BIHUAN_PORT."
}

# What one caller may ask for; numbers.
bounds=(BIHUAN_CONNECTIONS_MAX BIHUAN_CALLER_CALLS_MAX BIHUAN_CALLER_STREAMS_MAX BIHUAN_CALLER_RATE BIHUAN_CALLER_BURST)

# bounds_text: NAME=NUMBER of each that is set.
bounds_text() {
    local name
    for name in "${bounds[@]}"; do
        [ -z "${!name:-}" ] || echo "$name=${!name}"
    done
}

# All that `up` reads; in the same environment the command bihuan may have its own.
known=(BIHUAN_STATE BIHUAN_PORT BIHUAN_ADDRESS BIHUAN_PRESET BIHUAN_INSTANCES BIHUAN_SAMPLE BIHUAN_SAMPLE_DAY
    BIHUAN_CLOCK_FILE "${bounds[@]}")
of_command='BIHUAN_(SERVER|CA|CONTEXT|AS|LANG|OUTPUT|TIMEOUT|PASSWORD|NEW_PASSWORD)'

check_names() {
    local name
    for name in $(compgen -e BIHUAN_); do
        [[ " ${known[*]} " == *" $name "* || $name =~ ^$of_command$ ]] ||
            die "没有 $name 这一设置；可用：${known[*]}" "There is no setting $name; there are: ${known[*]}."
    done
}

# Before anything is done, and before they are stored, as every later run reads what is.
check_settings() {
    local name presets
    check_names
    presets=$(sed -nE 's/^ *"name": "(.*)",$/\1/p' "$top/CMakePresets.json" | paste -sd '|')
    check_form BIHUAN_PORT '[1-9][0-9]{0,3}|[1-5][0-9]{4}|6([0-4][0-9]{3}|5([0-4][0-9]{2}|5([01][0-9]|2[0-6])))' \
        "1 至 65526 的整数（十个端口中的第一个）" "a number from 1 to 65526, the first of ten ports"
    check_form BIHUAN_ADDRESS "$address_form" "IPv4 地址" "an IPv4 address"
    check_form BIHUAN_PRESET "$presets" "${presets//|/、} 之一" "one of ${presets//|/, }"
    check_form BIHUAN_INSTANCES '[1-9]' "1 至 9" "1 to 9"
    check_form BIHUAN_SAMPLE 'yes|no' "yes 或 no" "yes or no"
    check_path BIHUAN_CLOCK_FILE
    for name in "${bounds[@]}"; do
        check_count "$name"
    done
}

read_settings() {
    find_state
    instances=1
    # shellcheck disable=SC1091
    [ ! -e "$state/settings" ] || . "$state/settings"
    name_programs
}

choose_settings() {
    local wanted_port=${BIHUAN_PORT:-} wanted_address=${BIHUAN_ADDRESS:-} wanted_preset=${BIHUAN_PRESET:-}
    local wanted_instances=${BIHUAN_INSTANCES:-}
    local wanted_bounds bound
    wanted_bounds=$(bounds_text)
    port='' address=127.0.0.1 preset=release
    place_state
    read_settings
    for bound in $wanted_bounds; do
        declare -g "$bound"
    done
    instances=${wanted_instances:-$instances}
    name_programs
    registry=$(account_folder)/bihuan-installations
    mkdir -p "$state" "$registry"
    chmod 755 "$state"
    exec 8>"$registry/.lock"
    flock 8 # until the choice is on record: nobody else chooses meanwhile
    # shellcheck disable=SC2046 # numbers
    port=${wanted_port:-${port:-$(free_port $(others_ports))}} address=${wanted_address:-$address} preset=${wanted_preset:-$preset}
    {
        printf 'port=%s\naddress=%s\npreset=%s\ninstances=%s\n' "$port" "$address" "$preset" "$instances"
        bounds_text
    } >"$state/settings"
    ln -sfn "$state" "$registry/$(sha256sum <<<"$state" | head -c 16)"
    exec 8>&-
}

# The runsvdir that `up` started, if it still runs; another process that got its number is not it.
supervisor() {
    local pid
    pid=$(cat "$state/run/supervisor.pid" 2>/dev/null) || return 1
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "runsvdir -P $state/sv" && echo "$pid"
}

# The fifo of a runsv that was killed stays behind, so its presence says nothing.
is_supervised() {
    [ -e "$state/sv/$1" ] && sv status "$state/sv/$1" 2>&1 | grep -q '^\(run\|down\|finish\):'
}
