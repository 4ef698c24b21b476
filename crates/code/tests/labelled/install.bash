#!/bin/bash
main() {
  helper() { echo "$1"; }
  helper "$PREFIX"
}
PREFIX=${PREFIX:-/usr/local}
count=$((1 + 2))
main "$@"
