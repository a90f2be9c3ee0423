#!/usr/bin/env bash
# What the programs of one machine read: environment files, HAProxy's configuration, runit's scripts. Sourced by up.
# shellcheck disable=SC2154 # names are set by site.sh and up
set -euo pipefail

# The account of the programs; postgres has its own, so that none of them can read the cluster's files.
make_account() {
    account=$(id -un)
    is_root || return 0
    account=bihuan
    id "$account" >/dev/null 2>&1 ||
        useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin "$account" ||
        id "$account" >/dev/null # another installation made it meanwhile
}

give_to_account() {
    ! is_root || chown "$account:$account" "$@"
}

# A program that runs reads the change by a restart; one that does not, anyway.
mark_changed() {
    ! is_supervised "$1" || touch "$state/run/changed.$1"
}

# put FILE PROGRAM [MODE]: standard input becomes the file.
put() {
    cat >"$1.new"
    chmod "${3:-644}" "$1.new"
    if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; mark_changed "$2"; fi
}

# install_program FILE PROGRAMS-THAT-RUN-IT...
install_program() {
    local name
    cmp -s "$1" "$state/bin/$(basename "$1")" && return 0
    install -m 755 "$1" "$state/bin/"
    for name in "${@:2}"; do
        mark_changed "$name"
    done
}

install_programs() {
    local build=$top/build/$preset service
    mkdir -p "$state"/{bin,etc,run,log,sv,evidence,metrics}
    chmod 750 "$state/metrics"
    for service in "${services[@]}"; do
        # shellcheck disable=SC2046 # names
        install_program "$build/services/bihuan-$service" $(instances_of "$service")
    done
    install_program "$build/gateway/bihuan-gateway" gateway
    install_program "$build/tools/bihuan-keygen"
    install_program "$build/cli/bihuan"
    give_to_account "$state/evidence" "$state/metrics"
}

# Ten ports from BIHUAN_PORT: HAProxy, the gateway, then one per service, the last for metrics; task-2 has the port of
# task at 127.0.0.2.
inventory_text() {
    local i name number
    printf 'here 127.0.0.1 postgres gateway:%d haproxy:%d' $((port + 1)) "$port"
    for i in "${!services[@]}"; do
        for name in $(instances_of "${services[i]}"); do
            number=1
            [[ $name != *-* ]] || number=${name#*-}
            printf ' %s@127.0.0.%d:%d' "$name" "$number" $((port + 2 + i))
        done
    done
    echo
}

key_folder() {
    echo "$state/keys"
}

# Keys, and the lists that say who may call and who is where.
make_lists() {
    local name
    inventory_text >"$state/etc/inventory"
    read_inventory "$state/etc/inventory"
    mkdir -p "$state/keys"
    for name in "${servers[@]}" gateway; do
        make_key "$state/keys" "$name"
        give_to_account "$state/keys/$name.key"
    done
    allow_text | put "$state/keys/allow" none
    peers_text | put "$state/keys/peers" none
}

make_logins() {
    local service
    for service in "${services[@]}"; do
        make_password "$state/etc" "$service"
        give_to_account "$state/etc/$service.pgpass"
    done
    logins_sql "$state/etc" | psql -q -v ON_ERROR_STOP=1 "$superuser dbname=bihuan"
}

make_certificates() {
    make_authority "$state/tls"
    make_certificate "$state/tls" "$state/tls" server "DNS:localhost,DNS:$(hostname),IP:127.0.0.1,IP:$address"
    give_to_account "$state/tls/server.pem"
}

# What every program reads; the names are those of --help.
write_environment() {
    local name=$1 service=${1%-*}
    cat <<EOF
BIHUAN_SITE="1"
BIHUAN_KEY_FILE="$state/keys/$name.key"
BIHUAN_ALLOW_FILE="$state/keys/allow"
BIHUAN_PEERS_FILE="$state/keys/peers"
BIHUAN_METRICS="$state/metrics/$name"
EOF
    [ -z "${BIHUAN_CLOCK_FILE:-}" ] || echo "BIHUAN_CLOCK_FILE=\"$BIHUAN_CLOCK_FILE\""
    if [ "$name" = gateway ]; then
        bounds_text | sed -nE 's/^(BIHUAN_CALLER_[A-Z_]+=)(.*)$/\1"\2"/p'
        printf 'BIHUAN_LISTEN="%s"\nBIHUAN_EVIDENCE_DIR="%s"\n' "${place[here/gateway]}" "$state/evidence"
    else
        printf 'BIHUAN_ENDPOINT="tcp://%s"\n' "${place[here/$name]}"
        printf 'BIHUAN_DATABASE="host=%s dbname=bihuan user=login_%s passfile=%s"\n' "$state/pg/run" "$service" "$state/etc/$service.pgpass"
    fi
}

as_account_words() {
    ! is_root || echo "setpriv --reuid=$account --regid=$account --clear-groups --"
}

# So that it refuses at once what the others cannot do, the gateway goes before them. Only root may say so; where the
# kernel weighs sessions (runit gives each program one), the session goes first, else the process.
first_words() {
    [ "$1" = gateway ] && is_root || return 0
    echo "{ renice -n -10 \$\$ && echo -10 >/proc/self/autogroup; } >/dev/null 2>&1"
}

write_service() {
    local name=$1 program=$2
    mkdir -p "$state/sv/$name/log" "$state/log/$name"
    put "$state/sv/$name/run" "$name" 755 <<EOF
#!/bin/sh
exec 2>&1
ulimit -n 8192 2>/dev/null
$program
EOF
    put "$state/sv/$name/log/run" none 755 <<EOF
#!/bin/sh
exec svlogd "$state/log/$name"
EOF
}

# runit's TERM would make PostgreSQL wait for its clients; INT does not.
write_postgres() {
    write_service postgres "exec '$deploy/cluster' run '$state/pg'"
    mkdir -p "$state/sv/postgres/control"
    put "$state/sv/postgres/control/t" none 755 <<EOF
#!/bin/sh
exec kill -INT "\$(cat '$state/sv/postgres/supervise/pid')"
EOF
}

# http://127.0.0.1:PORT/metrics/task-2: the counters of each program, for who is on this machine.
haproxy_metrics() {
    local name
    cat <<EOF

frontend metrics
    bind 127.0.0.1:$((port + 9))
    http-request use-service prometheus-exporter if { path /metrics/haproxy }
    use_backend metrics-%[path,field(3,/)] if { path_reg ^/metrics/[^/]+$ }
    default_backend metrics-none

backend metrics-none
    http-request return status 404 content-type "text/plain; charset=utf-8" string "这里有 / There is: /metrics/NAME; NAME: ${servers[*]} gateway haproxy\n"
EOF
    for name in "${servers[@]}" gateway; do
        printf '\nbackend metrics-%s\n    server %s unix@%s\n' "$name" "$name" "$state/metrics/$name"
    done
}

write_programs() {
    local name
    for name in "${servers[@]}" gateway; do
        write_environment "$name" | put "$state/etc/$name.env" "$name"
        write_service "$name" "set -a
. '$state/etc/$name.env'
$(first_words "$name")
exec $(as_account_words) '$state/bin/bihuan-${name%-*}'"
    done
    {
        haproxy_text "$address" "$port" "127.0.0.1:$((port + 1))" "$state/tls/server.pem"
        haproxy_metrics
    } | put "$state/etc/haproxy.cfg" haproxy
    write_service haproxy "exec $(as_account_words) /usr/sbin/haproxy -db -f '$state/etc/haproxy.cfg'"
}

# bin/bihuan: the command that knows address and authority of this installation.
write_command() {
    mkdir -p "$top/bin"
    cat >"$state/bin/command" <<EOF
#!/bin/sh
export BIHUAN_SERVER="\${BIHUAN_SERVER:-https://127.0.0.1:$port}" BIHUAN_CA="\${BIHUAN_CA:-$state/tls/ca.pem}"
exec "$state/bin/bihuan" "\$@"
EOF
    chmod 755 "$state/bin/command"
    ! is_own_state || ln -sfn "$state/bin/command" "$top/bin/bihuan"
}
