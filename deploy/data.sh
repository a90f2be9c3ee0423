#!/usr/bin/env bash
# Where the data lie: of the installation of this clone, or of the host that `lay` made. Sourced by backup and restore.
# shellcheck disable=SC2034 # used by who sources this
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [ "$here" = /usr/lib/bihuan/deploy ]; then
    # shellcheck source=deploy/say.sh
    . "$here/say.sh"
    pg=/var/lib/bihuan-postgres evidence=/var/lib/bihuan/evidence stop='systemctl stop "bihuan-*"' start="$here/start"
    migrated= # start migrates always
else
    # shellcheck source=deploy/site.sh
    . "$here/site.sh"
    read_settings
    pg=$state/pg evidence=$state/evidence stop=deploy/down start=deploy/up migrated=$state/run/migrated
fi
socket=$pg/run
bin=/usr/lib/postgresql/15/bin
server_user=$(id -un)
[ "$server_user" != root ] || server_user=postgres

as_server() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; else "$@"; fi
}

port() {
    sed -n 's/^port = //p' "$pg/data/conf.d/listen.conf" 2>/dev/null | grep . || echo 5432
}

sql() {
    psql -X -A -t -q -v ON_ERROR_STOP=1 "host=$socket port=$(port) user=postgres dbname=${database:-bihuan}" -c "$1"
}

# Names of evidence files, "aa/bb...", sorted.
evidence_names() {
    (cd "$1" && find . -path './[0-9a-f][0-9a-f]/*' -type f -printf '%P\n' | sort)
}

# copy_evidence FROM TO [OWNER-OF]: what TO lacks. A file has its name when all of it is there.
copy_evidence() {
    local name
    while read -r name; do
        mkdir -p "$2/${name%/*}"
        cp "$1/$name" "$2/.new"
        chmod 400 "$2/.new"
        [ -z "${3:-}" ] || chown --reference="$3" "$2/.new" "$2/${name%/*}"
        mv "$2/.new" "$2/$name"
    done < <(comm -23 <(evidence_names "$1") <(evidence_names "$2"))
    sync -f "$2"
}
