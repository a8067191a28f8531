#!/usr/bin/env bash
# The first start formats the volume and makes the administrator; the later ones find both.
set -euo pipefail
config=/etc/fiveplusn/server.properties
if [ ! -f /var/lib/kafka/data/meta.properties ]; then
  cluster=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
  # its output is thrown away: it would print what it made of the password
  /opt/kafka/bin/kafka-storage.sh format --standalone --config "$config" --cluster-id="$cluster" \
    --add-scram "SCRAM-SHA-512=[name=admin,password=$(cat /run/secrets/kafka-admin)]" > /dev/null
fi
exec /opt/kafka/bin/kafka-server-start.sh "$config"
