#!/bin/sh
# `serve` brings the schema up to date first; any other word is an operator's command: docker compose run app add-user
set -eu

if [ "${1:-serve}" = serve ]; then
  case "${DATABASE_URL:-sqlite}" in
    sqlite*) export WEB_CONCURRENCY=1 ;; # one process writes to an SQLite file
    *) export WEB_CONCURRENCY="${WEB_CONCURRENCY:-2}" ;;
  esac
  qinlian migrate
fi
exec qinlian "$@"
