#!/bin/sh
# Checks the configuration and the alert rules, and runs the tests of the rules.
# promtool is taken from Debian's package where it is not installed; no server is installed or started.
set -eu
cd "$(dirname "$0")"
tool=$(command -v promtool || true)
if [ -z "$tool" ]; then
    tool=${XDG_CACHE_HOME:-$HOME/.cache}/fiveplusn/promtool
    if [ ! -x "$tool" ]; then
        fresh=$(mktemp -d)
        trap 'rm -rf "$fresh"' EXIT
        (cd "$fresh" && { apt-get -qq download prometheus || { apt-get -qq update && apt-get -qq download prometheus; }; } &&
            dpkg-deb -x prometheus_*.deb .)
        mkdir -p "$(dirname "$tool")"
        cp "$fresh/usr/bin/promtool" "$tool"
    fi
fi
"$tool" check config --syntax-only prometheus.yml
"$tool" check rules alerts.yml
"$tool" test rules alerts_test.yml
