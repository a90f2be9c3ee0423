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
    is_running() { systemctl is-active --quiet bihuan-postgres 2>/dev/null; }
else
    # shellcheck source=deploy/site.sh
    . "$here/site.sh"
    [ "${0##*/}" != restore ] || place_state # where `up` will look for it
    read_settings
    pg=$state/pg evidence=$state/evidence stop=deploy/down start=deploy/up migrated=$state/run/migrated
    is_running() { supervisor >/dev/null; }
fi
socket=$pg/run
bin=/usr/lib/postgresql/15/bin
server_user=$(id -un)
[ "$server_user" != root ] || server_user=postgres

# name_dir WORD: it becomes dir, the folder of the backups, whose path PostgreSQL and a shell read in commands.
name_dir() {
    local LC_ALL=C # bytes; those of Chinese characters may all be used
    dir=$(realpath -m -- "$1")
    [[ $1$dir != *[^A-Za-z0-9/._+,=:@~\ $'\x80'-$'\xff'-]* ]] ||
        die "目录名 $dir 中有不能用的字符；可用：汉字等、A-Z a-z 0-9、空格和 / . _ - + , = : @ ~" \
            "The name $dir has characters that cannot be used; there are: A-Z a-z 0-9, space, / . _ - + , = : @ ~ and what is not ASCII."
}

as_server() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; else "$@"; fi
}

port() {
    sed -n 's/^port = //p' "$pg/data/conf.d/listen.conf" 2>/dev/null | grep . || echo 5432
}

sql() {
    psql -X -A -t -q -v ON_ERROR_STOP=1 "host=$socket port=$(port) user=postgres dbname=${database:-bihuan}" -c "$1"
}

# Evidence files and their sizes, "aa/bb... 123", sorted.
evidence_list() {
    (cd "$1" && find . -path './[0-9a-f][0-9a-f]/*' -type f -printf '%P %s\n' | LC_ALL=C sort)
}

has_own_digest() { # FOLDER NAME
    [ "$(sha256sum <"$1/$2" | cut -c 1-64)" = "${2/\//}" ]
}

# Each step counts by itself: who calls with || has switched `set -e` off. The file is made anew (a link that lies in
# wait is not followed) and may only be read.
copy_file() { # FROM TO NAME [OWNER-OF]
    local new=$2/.new
    mkdir -p "$2/${3%/*}" &&
        (umask 377 && cp -PT --remove-destination --no-preserve=mode "$1/$3" "$new") &&
        { [ -z "${4:-}" ] || chown -h --reference="$4" "$new" "$2/${3%/*}"; } &&
        sync "$new" && mv -fT "$new" "$2/$3"
}

# copy_evidence FROM TO [OWNER-OF]: what TO lacks or has cut off. A file has its name when all of it is on disk; one that
# its gateway took away meanwhile is none.
copy_evidence() {
    local from to name
    from=$(evidence_list "$1") && to=$(evidence_list "$2") || return 1
    while read -r name _; do
        [ ! -e "$2/$name" ] || ! has_own_digest "$2" "$name" || continue
        copy_file "$1" "$2" "$name" "${3:-}" || { rm -f "$2/.new" && [ ! -e "$1/$name" ]; } || return 1
    done < <(LC_ALL=C comm -23 <(echo "$from") <(echo "$to") | awk NF)
    sync -f "$2"
}
