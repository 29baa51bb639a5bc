#!/bin/sh
# One verified backup, named by its time, and no more than the newest BACKUP_KEEP (30) kept.
#   deploy/backup.sh DIRECTORY
# An unfinished backup never bears the name of a finished one, and nothing is deleted unless the new one succeeded.
# A backup on the same disk is lost with it: copy the directory elsewhere too, and APP_SECRET to a third place, for
# without it no backup can be restored.
# Back again: stop the server, `qinlian restore FILE --force` under the same settings, start it. The backup is verified
# in full (signature, checksum, storage, audit log) before anything is replaced; on SQLite what was there stays beside
# the database as *.before-restore. The instance epoch changes, so tablets send again what the backup did not hold.
set -eu
umask 077

directory=${1:?usage: deploy/backup.sh DIRECTORY}
keep=${BACKUP_KEEP:-30}
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
qinlian=${QINLIAN:-$home/.venv/bin/qinlian}

mkdir -p "$directory"
finished=$directory/qinlian-$(date -u +%Y%m%dT%H%M%SZ).backup
unfinished=$finished.unfinished
trap 'rm -f "$unfinished"' EXIT
trap 'exit 1' HUP INT TERM

"$qinlian" backup "$unfinished" >/dev/null
mv "$unfinished" "$finished"

# The names sort by time and hold no spaces or line breaks.
find "$directory" -maxdepth 1 -type f -name 'qinlian-*Z.backup' | sort -r | tail -n "+$((keep + 1))" |
  while IFS= read -r old; do rm -f -- "$old"; done
