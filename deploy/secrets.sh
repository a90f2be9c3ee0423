#!/usr/bin/env bash
# What is random in a site: keys, certificates, passwords; made once and kept. Sourced by up and lay.
# shellcheck disable=SC2154 # keygen, a program, and services are set by who sources this
set -euo pipefail

# make_key FOLDER PROGRAM: a CURVE key, PROGRAM.key, and the line by which others know it, PROGRAM.allow.
make_key() {
    local name=${2%-*} role=service
    [ "$name" != gateway ] || role=gateway
    [ -e "$1/$2.key" ] || "$keygen" "$1/$2.key" "$name" "$role" >"$1/$2.allow"
}

# make_password FOLDER SERVICE: of its login at the database, in a file of libpq.
make_password() {
    [ -e "$1/$2.pgpass" ] || (umask 077; echo "*:*:*:login_$2:$(openssl rand -hex 24)" >"$1/$2.pgpass")
}

# logins_sql FOLDER: a login per service, member of its group and of nothing else.
logins_sql() {
    local service
    for service in "${services[@]}"; do
        cat <<EOF
do \$\$ begin
    if not exists (select from pg_roles where rolname = 'login_$service') then
        create role login_$service login in role bihuan_$service;
    end if;
end \$\$;
alter role login_$service password '$(cut -d: -f5 "$1/$service.pgpass")';
EOF
    done
}

# make_authority FOLDER: ca.pem, an authority of this site only; its key never leaves the folder.
make_authority() {
    mkdir -p "$1"
    [ -e "$1/ca.key" ] || (umask 077; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
        -subj "/CN=bihuan $(hostname)" -keyout "$1/ca.key" -out "$1/ca.pem" 2>/dev/null)
    chmod 644 "$1/ca.pem"
}

certificate_is_fresh() {
    openssl x509 -in "$1.pem" -noout -checkend $((30 * 24 * 3600)) >/dev/null 2>&1 && [ "$(cat "$1.names")" = "$2" ]
}

# make_certificate FOLDER NAME NAMES: NAME.pem, certificate and key for these names; renewed in its last month.
make_certificate() {
    local file=$1/$2
    ! certificate_is_fresh "$file" "$3" || return 0
    (
        umask 077
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$file.key" \
            -out "$file.csr" 2>/dev/null
        openssl x509 -req -in "$file.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 397 \
            -extfile <(echo "subjectAltName=$3") -out "$file.crt" 2>/dev/null
        cat "$file.crt" "$file.key" >"$file.pem"
        echo "$3" >"$file.names"
    )
}
