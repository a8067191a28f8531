#!/usr/bin/env bash
# At the first start: a role and a database of its own for every service; no role may connect to another's.
set -euo pipefail
for service in intake deliberation escalation projects dashboard; do
  psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --set=service="$service" \
    --set=password="$(cat "/run/secrets/database-$service")" <<'SQL'
create role :"service" login password :'password';
create database :"service" owner :"service";
revoke all on database :"service" from public;
SQL
done
psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --command='revoke all on database postgres, template1 from public'
