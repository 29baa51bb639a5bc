#!/bin/sh
# One verified backup, named by its time, and no more than the newest BACKUP_KEEP (30) kept.
#   deploy/backup.sh DIRECTORY
# An unfinished backup never bears the name of a finished one, and nothing is deleted unless the new one succeeded.
# A backup on the same disk is lost with it: copy the directory elsewhere too.
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

"$qinlian" backup "$unfinished"
mv "$unfinished" "$finished"

# The names sort by time and hold no spaces or line breaks.
find "$directory" -maxdepth 1 -type f -name 'qinlian-*Z.backup' | sort -r | tail -n "+$((keep + 1))" |
  while IFS= read -r old; do rm -f -- "$old"; done
