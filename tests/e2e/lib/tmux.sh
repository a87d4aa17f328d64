# tmux.sh: a terminal for shell tests. tmux holds the screen, keys go in, pictures come out. Sourced
# after tap.sh; wants $HOLD, a directory of the test's own. Polls, never sleeps for a fixed time.
server=0 # a terminal each has a server of its own

tm() { tmux -L "t$server" -f /dev/null "$@" 2>/dev/null; }

# open_terminal COLS ROWS COMMAND: sh runs the command between two records of the terminal's modes,
# and its exit status goes to a file; then the terminal stays.
open_terminal() {
    server=$((server + 1))
    rm -f "$HOLD/status" "$HOLD/modes-before" "$HOLD/modes-after"
    printf '%s\n' "ulimit -c 0" "trap : INT QUIT" "echo before" "stty -g >$HOLD/modes-before" \
        "$3" "echo \$? >$HOLD/status.new" "stty -g >$HOLD/modes-after" \
        "mv $HOLD/status.new $HOLD/status" "echo after" "exec cat" >"$HOLD/script"
    tm new-session -d -x "$1" -y "$2" "exec sh $HOLD/script"
    tm set-option -g remain-on-exit on
}
# open_shell COLS ROWS DIRECTORY: an interactive shell with job control, whose prompt is "shell> ".
open_shell() {
    server=$((server + 1))
    tm new-session -d -x "$1" -y "$2" -c "$3" "PS1='shell> ' exec bash --norc --noprofile -i"
    tm set-option -g remain-on-exit on
    see 'shell>'
}
close_terminal() { tm kill-server; }

screen() { tm capture-pane -p; }
keys() { tm send-keys "$@"; }

# until_true COMMAND...: polls until the command succeeds, ten seconds at most.
until_true() {
    local tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || return 1
        sleep 0.05
    done
}
on_screen() { screen | grep -qF -- "$1"; }
see() { until_true on_screen "$1"; }
# The screen is the text of the file; where it never is, the difference is shown.
screen_is() { screen | cmp -s - "$1"; }
shows() {
    until_true screen_is "$1" && return
    screen | diff - "$1" | head -n 10 | sed 's/^/# /'
    return 1
}
ended() { [ -s "$HOLD/status" ]; }
taken_over() { [ "$(tm display-message -p '#{alternate_on}')" = 1 ]; }
restored() { [ "$(tm display-message -p '#{alternate_on}#{cursor_flag}')" = 01 ]; }
same_modes() { cmp -s "$HOLD/modes-before" "$HOLD/modes-after"; }
status_is() { [ "$(cat "$HOLD/status")" = "$1" ]; }
# It has ended, and the terminal is as it was before.
usable() { until_true ended && until_true restored && until_true on_screen after && same_modes; }
# The process that the script waits for.
child() { # read from /proc: not every machine has pgrep
    local pane
    pane=$(tm display-message -p '#{pane_pid}')
    grep -lsE "^PPid:[[:space:]]$pane\$" /proc/[0-9]*/status | sed 's|[^0-9]||g' | head -n 1
}
