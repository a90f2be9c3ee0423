#!/usr/bin/env bash
# What is random in an installation: keys, certificates, passwords; made once, kept in the state folder. Sourced by up.
# shellcheck disable=SC2154 # names are set by site.sh and up
set -euo pipefail

# The account of the programs; postgres has its own, so that none of them can read the cluster's files.
make_account() {
    account=$(id -un)
    is_root || return 0
    account=bihuan
    id "$account" >/dev/null 2>&1 ||
        useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin "$account"
}

give_to_account() {
    ! is_root || chown "$account:$account" "$@"
}

new_password() {
    openssl rand -base64 18 | tr '+/' '-_'
}

# A CURVE key per service; the allow-list says who may call, the peers where the services are and which key they have.
make_keys() {
    local name role service
    mkdir -p "$state/keys"
    for name in "${services[@]}" gateway; do
        role=service
        [ "$name" != gateway ] || role=gateway
        [ -e "$state/keys/$name.key" ] ||
            "$state/bin/bihuan-keygen" "$state/keys/$name.key" "$name" "$role" >"$state/keys/$name.allow"
        give_to_account "$state/keys/$name.key"
    done
    cat "$state"/keys/*.allow | put "$state/keys/allow" none
    for name in "${servers[@]}"; do
        service=${name%-*}
        awk -v service="bihuan.v1.${service^}Service" -v endpoint="$(endpoint "$name")" '{ print service, endpoint, $3 }' \
            "$state/keys/$service.allow"
    done | put "$state/keys/peers" none
}

# A login per service, member of its group and of nothing else; its password stands in a file of libpq.
make_database_logins() {
    local service file
    for service in "${services[@]}"; do
        file=$state/etc/$service.pgpass
        [ -e "$file" ] || (umask 077; echo "*:*:*:login_$service:$(openssl rand -hex 24)" >"$file")
        give_to_account "$file"
        cat <<EOF
do \$\$ begin
    if not exists (select from pg_roles where rolname = 'login_$service') then
        create role login_$service login in role bihuan_$service;
    end if;
end \$\$;
alter role login_$service password '$(cut -d: -f5 "$file")';
EOF
    done | psql -q -v ON_ERROR_STOP=1 "$superuser dbname=bihuan"
}

certificate_is_fresh() {
    openssl x509 -in "$state/tls/server.pem" -noout -checkend $((30 * 24 * 3600)) >/dev/null 2>&1
}

# An authority of this installation only, and the server's certificate, renewed in its last month.
make_certificates() {
    local tls=$state/tls
    mkdir -p "$tls"
    ! certificate_is_fresh || return 0
    (
        umask 077
        [ -e "$tls/ca.key" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
            -subj "/CN=bihuan $(hostname)" -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
            -keyout "$tls/server.key" -out "$tls/server.csr" 2>/dev/null
        openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 397 \
            -extfile <(echo "subjectAltName=DNS:localhost,DNS:$(hostname),IP:127.0.0.1,IP:$address") \
            -out "$tls/server.crt" 2>/dev/null
        cat "$tls/server.crt" "$tls/server.key" >"$tls/server.pem"
    )
    chmod 644 "$tls/ca.pem"
    give_to_account "$tls/server.pem"
}
