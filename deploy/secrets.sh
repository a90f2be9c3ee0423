#!/usr/bin/env bash
# What is random in a site: keys, certificates, passwords; made once and kept. Sourced by up and lay.
# shellcheck disable=SC2154 # keygen, a program, and services are set by who sources this
set -euo pipefail

# openssl_or_die ARGUMENTS...: what it says on stderr is of interest only when it fails.
openssl_or_die() {
    local told
    { told=$(openssl "$@" 2>&1 >&3); } 3>&1 || die "openssl $1 失败：$told" "openssl $1 failed: $told"
}

# A file that is there is whole: each is made as NAME.new, and a key gets its name last of all that belongs to it.

# make_key FOLDER PROGRAM: a CURVE key, PROGRAM.key, and the line by which others know it, PROGRAM.allow.
make_key() {
    local file=$1/$2 name=${2%-*} role=service
    [ ! -e "$file.key" ] || return 0
    [ "$name" != gateway ] || role=gateway
    rm -f "$file.key.new"
    "$keygen" "$file.key.new" "$name" "$role" >"$file.allow"
    mv "$file.key.new" "$file.key"
}

# make_password FOLDER SERVICE: of its login at the database, in a file of libpq.
make_password() {
    local file=$1/$2.pgpass
    [ ! -e "$file" ] || return 0
    (umask 077; printf '*:*:*:login_%s:' "$2" >"$file.new"; openssl_or_die rand -hex 24 >>"$file.new")
    mv "$file.new" "$file"
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
    [ ! -e "$1/ca.key" ] || return 0
    (umask 077; openssl_or_die req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
        -subj "/CN=bihuan $(hostname)" -keyout "$1/ca.key.new" -out "$1/ca.pem.new")
    chmod 644 "$1/ca.pem.new"
    mv "$1/ca.pem.new" "$1/ca.pem"
    mv "$1/ca.key.new" "$1/ca.key"
}

certificate_is_fresh() {
    openssl x509 -in "$1.pem" -noout -checkend $((30 * 24 * 3600)) >/dev/null 2>&1 && [ "$(cat "$1.names")" = "$2" ]
}

# make_certificate AUTHORITY FOLDER NAME NAMES: NAME.pem, certificate and key for these names; renewed in its last month.
make_certificate() {
    local file=$2/$3
    ! certificate_is_fresh "$file" "$4" || return 0
    mkdir -p "$2"
    (
        umask 077
        openssl_or_die req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$3" -keyout "$file.key.new" \
            -out "$file.csr.new"
        openssl_or_die x509 -req -in "$file.csr.new" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 397 \
            -extfile <(echo "subjectAltName=$4") -out "$file.crt.new"
        cat "$file.crt.new" "$file.key.new" >"$file.pem.new"
    )
    mv "$file.pem.new" "$file.pem"
    echo "$4" >"$file.names"
    rm "$file".{key,csr,crt}.new
}
