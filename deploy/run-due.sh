#!/bin/sh
# Opens, reminds, closes and publishes the rounds that are due; called by cron or by qinlian-rounds.timer.
# With CRON_TOKEN (qinlian add-client, scope rounds:run) it asks the running server, so that on SQLite one process
# alone writes; without it the command line does the work itself, which suits PostgreSQL.
set -eu

if [ -z "${CRON_TOKEN:-}" ]; then
    exec "$(dirname "$0")/../.venv/bin/qinlian" rounds run-due
fi

allowed="${APP_ALLOWED_HOSTS:-localhost}"
# The token goes in by standard input: arguments are for everybody to see.
printf 'header = "Authorization: Bearer %s"\n' "$CRON_TOKEN" |
    curl --config - --fail --silent --show-error --max-time 900 --retry 3 --retry-connrefused --request POST \
        --header "Host: ${allowed%%,*}" "http://${HOST:-127.0.0.1}:${PORT:-8000}/api/v1/rounds/run-due"
echo
