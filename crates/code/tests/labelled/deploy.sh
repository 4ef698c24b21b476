#!/usr/bin/env bash
set -euo pipefail
. ./common.sh
source "lib/util.sh"

readonly VERSION="1.0"
export TARGET=prod
name=demo
declare -r LIMIT=3

# Builds.
build() {
  local out=dist
  inner=1
  FOO=bar make "$out"
}

function deploy {
  build
}

if [ -n "$name" ]; then
  conditional=1
fi

deploy "$@"
