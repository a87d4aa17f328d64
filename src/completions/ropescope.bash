# bash completion for ropescope. The part between "generated" and "end" comes from the program's table
# of flags: UPDATE_GOLDEN=1 build/tests/test_papers writes it anew, and make test compares it.

# _ropescope_flags COMMAND: its flags.
# _ropescope_values FLAG: sets `values` to the words it takes, or `kind` to file, theme or free;
# fails for a flag without a value.
# generated: tables
_ropescope_commands='explore scan info stats export show mask probe families'
_ropescope_flags()
{
    case $1 in
    explore) echo '--view --layer --head --threshold --first-layer --thresholds --random --seed --folded --lora-preset --lora-rank --lora-targets --lora-dtype --scope --sort --measure --unit --bins --log --arrange --zoom --linear --each-layer --line --relative --layers --against --by --norms --axis --shade --facts --attention --theme --glyphs --list-themes --config --no-config --mouse --tokens --tokens-file --text --vocabulary --attention-layers --adapter --compare --compare-adapter --no-cache --threads --pairing --head-dim --heads --kv-heads --rope-theta --context --help --version' ;;
    scan) echo '--output --adapter --no-cache --threads --pairing --head-dim --heads --kv-heads --rope-theta --context --help --version' ;;
    info) echo '--like-authors --json --adapter --no-cache --threads --pairing --head-dim --heads --kv-heads --rope-theta --context --help --version' ;;
    stats) echo '--projection --threshold --fixed --first-layer --thresholds --like-authors --folded --lora-preset --lora-rank --lora-targets --lora-dtype --json --adapter --no-cache --threads --pairing --head-dim --heads --kv-heads --rope-theta --context --help --version' ;;
    export) echo '--view --layer --head --projection --threshold --fixed --first-layer --thresholds --random --seed --folded --scope --sort --measure --unit --bins --log --arrange --zoom --linear --each-layer --line --relative --layers --against --by --norms --axis --shade --facts --attention --format --output --tokens --tokens-file --text --vocabulary --attention-layers --adapter --compare --compare-adapter --no-cache --threads --pairing --head-dim --heads --kv-heads --rope-theta --context --help --version' ;;
    show) echo '--view --layer --head --projection --threshold --fixed --first-layer --thresholds --random --seed --folded --lora-preset --lora-rank --lora-targets --lora-dtype --scope --sort --measure --unit --bins --log --arrange --zoom --linear --each-layer --line --relative --layers --against --by --norms --axis --shade --facts --attention --output --size --theme --glyphs --colour --color --tokens --tokens-file --text --vocabulary --attention-layers --adapter --compare --compare-adapter --no-cache --threads --pairing --head-dim --heads --kv-heads --rope-theta --context --help --version' ;;
    mask) echo '--projection --threshold --fixed --first-layer --thresholds --random --seed --like-authors --row-order --format --output --adapter --no-cache --threads --pairing --head-dim --heads --kv-heads --rope-theta --context --help --version' ;;
    probe) echo '--json --tokens --tokens-file --text --vocabulary --attention-layers --layers --generate --adapter --no-cache --threads --pairing --head-dim --heads --kv-heads --rope-theta --context --help --version' ;;
    families) echo '--json --help --version' ;;
    esac
}
_ropescope_values()
{
    case $1 in
    --view) values='overview pairs heads layers histogram scatter threshold profile frequency strip spectrum offsets attention change help' ;;
    --layer) kind=free ;;
    --head) kind=free ;;
    --projection) values='query key both' ;;
    --threshold) kind=free ;;
    --fixed) kind=free ;;
    --first-layer) kind=free ;;
    --thresholds) kind=file ;;
    --seed) kind=free ;;
    --row-order) values='hf meta file' ;;
    --lora-preset) values='alpaca-lora loftq loftq-phi' ;;
    --lora-rank) kind=free ;;
    --lora-targets) kind=free ;;
    --lora-dtype) values='f32 bf16 f16' ;;
    --scope) values='head layer model' ;;
    --sort) kind=free ;;
    --measure) values='mean fraction max correlation norm-ratio excess distance delta-cos delta-norm' ;;
    --unit) values='cos abs degrees' ;;
    --bins) kind=free ;;
    --arrange) values='below beside' ;;
    --zoom) kind=free ;;
    --line) kind=free ;;
    --layers) kind=free ;;
    --against) values='key tuned' ;;
    --by) values='pair bin layer frequency threshold' ;;
    --axis) values='pair frequency wavelength' ;;
    --shade) values='norm cos excess' ;;
    --attention) values='weights scores fixed trainable fixed-weights trainable-weights' ;;
    --format) values='csv json svg' ;;
    --format) values='safetensors json csv' ;;
    -o | --output) kind=file ;;
    --size) kind=free ;;
    --theme) kind=theme ;;
    --glyphs) values='blocks braille ascii' ;;
    --colour) values='none 8 16 256 direct' ;;
    --color) values='none 8 16 256 direct' ;;
    --config) kind=file ;;
    --tokens) kind=free ;;
    --tokens-file) kind=file ;;
    --text) kind=free ;;
    --attention-layers) kind=free ;;
    --layers) values='0 0..N' ;;
    --generate) kind=free ;;
    --adapter) kind=file ;;
    --compare) kind=free ;;
    --compare-adapter) kind=file ;;
    --threads) kind=free ;;
    --pairing) values='half-split interleaved' ;;
    --head-dim) kind=free ;;
    --heads) kind=free ;;
    --kv-heads) kind=free ;;
    --rope-theta) kind=free ;;
    --context) kind=free ;;
    *) return 1 ;;
    esac
}
# end: tables

_ropescope()
{
    local word=${COMP_WORDS[COMP_CWORD]} before='' command=explore values='' kind=''
    COMPREPLY=()
    ((COMP_CWORD > 0)) && before=${COMP_WORDS[COMP_CWORD - 1]}
    # "=" is a word of its own: --flag = value
    if [[ $word == = ]]; then
        word=''
    elif [[ $before == = ]] && ((COMP_CWORD > 1)); then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    [[ " $_ropescope_commands " == *" ${COMP_WORDS[1]-} "* ]] && ((COMP_CWORD > 1)) &&
        command=${COMP_WORDS[1]}
    if [[ $before == -* ]] && _ropescope_values "$before"; then
        case $kind in
        file) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        theme) mapfile -t COMPREPLY < <(compgen -W "$(ropescope --list-themes 2>/dev/null |
            sed 's/^[* ] \([^ ]*\) .*/\1/')" -- "$word"; compgen -f -X '!*.theme' -- "$word") ;;
        free) ;;
        *) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word") ;;
        esac
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_ropescope_flags "$command")" -- "$word")
    else
        ((COMP_CWORD == 1)) && mapfile -t COMPREPLY < <(compgen -W "$_ropescope_commands" -- "$word")
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _ropescope ropescope
