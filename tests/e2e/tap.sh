# tap.sh: what shell tests print, as TAP. Sourced, not run.
#   check "words" command...   ok if the command succeeds
#   skip "words" "reason"      not run
#   finish                     the plan, and the exit status of all
tap_count=0
tap_failed=0

check() {
    local words=$1
    shift
    tap_count=$((tap_count + 1))
    if "$@"; then
        echo "ok $tap_count - $words"
    else
        tap_failed=$((tap_failed + 1))
        echo "not ok $tap_count - $words"
    fi
}

skip() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

finish() {
    echo "1..$tap_count"
    [ "$tap_failed" -eq 0 ]
    exit
}
