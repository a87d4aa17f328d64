#!/bin/bash
# Every parser against hostile files for TIME seconds.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
check 'hostile files' make --no-print-directory fuzz TIME="${TIME:-60}"
finish
