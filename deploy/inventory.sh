#!/usr/bin/env bash
# Which program runs where. An inventory has a line for each host: NAME ADDRESS PROGRAM...; a program is
# NAME[-INSTANCE][@ADDRESS][:PORT], as in task, task-2, task@10.1.0.7:7103. Sourced by up and lay.
set -euo pipefail

# shellcheck disable=SC2034 # used by who sources this
services=(directory target task progress audit)
declare -A usual_ports=([postgres]=5432 [directory]=7001 [target]=7002 [task]=7003 [progress]=7004 [audit]=7005
    [gateway]=7006 [haproxy]=8443)
# As docs/PROTOCOL.md: rows of the peers file, rows of one service; a gateway knows 15 others. Hosts are as many as rows.
rows_max=64 instances_max=16 hosts_max=$rows_max
octet='(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
address_form="$octet(\\.$octet){3}"
hosts=()
declare -A host_address=() # host -> address
places=()                  # HOST/PROGRAM, in the order of the file
declare -A place=()        # HOST/PROGRAM -> ADDRESS:PORT
declare -A place_at=()     # ADDRESS:PORT -> HOST/PROGRAM
declare -A count_of=()     # program -> how many of it

wrong() {
    die "$inventory 第 $line 行：$1" "$inventory, line $line: $2"
}

add_host() {
    local name='^[a-z][a-z0-9-]{0,30}$'
    [[ $1 =~ $name ]] || wrong "主机名 $1 应为小写字母、数字和连字符" "the host's name $1 must be of a-z, 0-9 and -."
    [ -z "${host_address[$1]:-}" ] || wrong "主机 $1 已出现过" "host $1 stands here twice."
    [[ $2 =~ ^$address_form$ ]] || wrong "主机 $1 缺少 IPv4 地址" "host $1 has no IPv4 address."
    ((${#hosts[@]} < hosts_max)) || wrong "主机超过 $hosts_max 台" "there are more than $hosts_max hosts."
    hosts+=("$1")
    host_address[$1]=$2
}

# count_row PROGRAM: it has a row in the peers file, but for PostgreSQL, HAProxy and a gateway that is alone.
count_row() {
    local name rows=0
    count_of[$1]=$((${count_of[$1]:-0} + 1))
    ((count_of[$1] <= instances_max)) || wrong "$1 超过 $instances_max 个实例" "there are more than $instances_max instances of $1."
    for name in "${services[@]}" gateway; do
        [ "$name ${count_of[$name]:-0}" = "gateway 1" ] || rows=$((rows + ${count_of[$name]:-0}))
    done
    ((rows <= rows_max)) || wrong "服务与网关合计超过 $rows_max 个实例，peers 文件容不下" \
        "there are more than $rows_max instances of services and gateways, more than a peers file holds."
}

# add_program HOST WORD
add_program() {
    local form="^([a-z]+)(-([2-9]))?(@($address_form))?(:(0|[1-9][0-9]{0,4}))?$"
    [[ $2 =~ $form && -n ${usual_ports[${BASH_REMATCH[1]}]:-} ]] ||
        wrong "不认识的程序 $2，可用：${!usual_ports[*]}" "$2 is no program; there are: ${!usual_ports[*]}."
    local name=${BASH_REMATCH[1]}${BASH_REMATCH[2]} usual=$((usual_ports[${BASH_REMATCH[1]}] + 10 * (${BASH_REMATCH[3]:-1} - 1)))
    local at=${BASH_REMATCH[5]:-${host_address[$1]}}:${BASH_REMATCH[10]:-$usual}
    [[ $name != *-* || " ${services[*]} " == *" ${name%-*} "* ]] || wrong "一台主机上只能有一个 ${name%-*}" "a host has one ${name%-*} only."
    ((${at#*:} > 0 && ${at#*:} < 65536)) || wrong "$1/$name 的端口 ${at#*:} 不存在" "$1/$name has no port ${at#*:}."
    [ -z "${place[$1/$name]:-}" ] || wrong "主机 $1 上 $name 出现两次；第二个实例写作 ${name%-*}-2" \
        "$name stands at host $1 twice; a second instance is called ${name%-*}-2."
    [ -z "${place_at[$at]:-}" ] ||
        wrong "$1/$name 与 ${place_at[$at]} 使用同一端口 $at" "$1/$name and ${place_at[$at]} share the port $at."
    count_row "${name%-*}"
    places+=("$1/$name")
    place[$1/$name]=$at place_at[$at]=$1/$name
}

# places_of PROGRAM: every HOST/PROGRAM that runs it, second instances too.
places_of() {
    local at
    for at in "${places[@]}"; do
        [[ ${at#*/} != "$1" && ${at#*/} != "$1"-[2-9] ]] || echo "$at"
    done
}

# programs_at HOST: what runs there.
programs_at() {
    local at
    for at in "${places[@]}"; do
        [ "${at%/*}" != "$1" ] || echo "${at#*/}"
    done
}

require_complete() {
    local program host
    for program in postgres "${services[@]}" gateway; do
        [ -n "$(places_of "$program")" ] || die "$inventory：没有任何主机运行 $program" "$inventory: $program runs nowhere."
    done
    [ "$(places_of postgres | wc -l)" = 1 ] || die "$inventory：postgres 只能在一台主机上" "$inventory: postgres runs at one host only."
    for host in "${hosts[@]}"; do
        [ -z "${place[$host/postgres]:-}" ] || [ -n "${place[$host/gateway]:-}" ] ||
            die "$inventory：主机 $host 有 postgres 而没有 gateway；备份在那里进行，需要那里的佐证材料" \
                "$inventory: host $host has postgres and no gateway; backups are made there and take its evidence files."
        [ -z "${place[$host/haproxy]:-}" ] || [ -n "${place[$host/gateway]:-}" ] ||
            die "$inventory：主机 $host 有 haproxy 而没有 gateway" "$inventory: host $host has a haproxy and no gateway behind it."
    done
}

# read_inventory FILE: fills the tables above; an inventory that cannot work is refused.
read_inventory() {
    local host address words word
    inventory=$1 line=0
    [ -r "$1" ] || die "读不到主机清单 $1" "The inventory $1 cannot be read."
    while read -r host address words || [ -n "$host" ]; do # the last line may lack its newline
        line=$((line + 1))
        case $host in '' | '#'*) continue ;; esac
        add_host "$host" "$address"
        read -ra words <<<"${words%%#*}"
        [ ${#words[@]} -gt 0 ] || wrong "主机 $host 没有要运行的程序" "host $host is to run nothing."
        for word in "${words[@]}"; do
            add_program "$host" "$word"
        done
    done <"$1"
    require_complete
}

# The lists that every program of the site reads; key_folder HOST says where the keys of a host are.
allow_text() {
    local at
    for at in "${places[@]}"; do
        case ${at#*/} in postgres | haproxy) continue ;; esac
        cat "$(key_folder "${at%/*}")/${at#*/}.allow"
    done
}

public_key() {
    awk '{ print $3 }' "$(key_folder "${1%/*}")/${1#*/}.allow"
}

# Where every program is. Gateways find one another, where there are several, as gateway.HOST.
peers_text() {
    local service at
    for service in "${services[@]}"; do
        for at in $(places_of "$service"); do
            echo "bihuan.v1.${service^}Service tcp://${place[$at]} $(public_key "$at")"
        done
    done
    [ "$(places_of gateway | wc -l)" -gt 1 ] || return 0
    for at in $(places_of gateway); do
        echo "gateway.${at%/*} tcp://${place[$at]} $(public_key "$at")"
    done
}

# haproxy_text ADDRESS PORT GATEWAY CERTIFICATE: the front door.
haproxy_text() {
    # shellcheck disable=SC2154 # whoever reads this file says where deploy/ is
    sed "s|@ADDRESS@|$1|; s|@PORT@|$2|; s|@GATEWAY@|$3|; s|@CERTIFICATE@|$4|; s|@CONNECTIONS@|${BIHUAN_CONNECTIONS_MAX:-500}|" \
        "$deploy/haproxy.cfg.in"
}
