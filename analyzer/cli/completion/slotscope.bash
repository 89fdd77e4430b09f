# bash completion for slotscope. Needs nothing of the bash-completion package.

_slotscope_options() {
  local output='--json --color --help -h'
  local reading="--kernel --vm --keep-going $output"
  case $1 in
    '') echo '--version --help -h' ;;
    record)
      echo '--pid -p --all --output -o --to --backend --commits --stacks --phases --duration' \
        '--buffer --json --help -h'
      ;;
    slots) echo "--pid -p --all $output" ;;
    report) echo "$reading" ;;
    log) echo "--stacks $reading" ;;
    map) echo "--at $reading" ;;
    diff) echo "--exit-code --vm-b $reading" ;;
    replay)
      echo '--dry-run --repeat --warmup --compare --save --against --vcpus --guest --backing' \
        '--populate --pre-fault --quirk --dirty-log --pace --speed --pin --split-address-spaces' \
        "--memory-percent --kvm $reading"
      ;;
    optimize) echo "--output -o --to --level $reading" ;;
    check) echo "--budget --suggest $reading" ;;
    convert) echo "--output -o --to $reading" ;;
  esac
}

# Of an option that takes a value: the words that it knows; FILES and PIDS stand for themselves.
# Fails for one that takes none.
_slotscope_values() {
  case $1:$2 in
    *:--color) echo 'auto always never' ;;
    *:--kernel)
      echo '5.10 6.1 6.12 6.18 7.3 5.10-shadow 6.1-shadow 6.12-shadow 6.18-shadow 7.3-shadow'
      ;;
    *:--output | *:-o | *:--save | *:--against | *:--budget) echo FILES ;;
    *:--pid | *:-p) echo PIDS ;;
    record:--to) echo 'native jsonl log' ;;
    *:--to) echo 'native jsonl csv qemu' ;;
    *:--backend) echo 'auto fentry kprobe syscalls' ;;
    *:--level) echo 'commit lazy final' ;;
    *:--at) echo 'end' ;;
    *:--compare) echo 'original minimal no-redundant FILES' ;;
    *:--guest) echo 'idle touch walk' ;;
    *:--backing) echo 'anon thp hugetlb memfd' ;;
    *:--quirk) echo 'slot-zap-all=on slot-zap-all=off' ;;
    *:--dirty-log) echo 'default manual-protect' ;;
    *:--pace) echo 'fast recorded' ;;
    *:--kvm) echo 'fake FILES' ;;
    *:--vm | *:--vm-b | *:--duration | *:--buffer | *:--repeat | *:--warmup | *:--vcpus) ;;
    *:--speed | *:--pin | *:--memory-percent) ;;
    *) return 1 ;;
  esac
}

_slotscope_files() {
  local found
  compopt -o filenames 2>/dev/null
  mapfile -t found < <(compgen -f -- "$1")
  COMPREPLY+=("${found[@]}")
}

_slotscope_offer() {
  local value=$1 word
  shift
  for word in "$@"; do
    case $word in
      FILES) _slotscope_files "$value" ;;
      PIDS)
        # shellcheck disable=SC2046 # several words
        _slotscope_offer "$value" $(cd /proc && compgen -G '[0-9]*')
        ;;
      "$value"*) COMPREPLY+=("$word") ;;
    esac
  done
}

# What stands behind `record --` is a command line of its own, which begins at this word.
_slotscope_command_line() {
  local found
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)); then
    mapfile -t found < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    COMPREPLY=("${found[@]}")
  else
    _slotscope_files "${COMP_WORDS[COMP_CWORD]}"
  fi
}

_slotscope() {
  local commands='record slots report log map diff replay optimize check convert'
  local command='' option='' value known i
  local -a words=()
  COMPREPLY=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == -- && ${words[1]-} == record ]] && ((i < COMP_CWORD)); then
      _slotscope_command_line $((i + 1))
      return
    fi
    # bash has made three words of --kernel=6.1.
    if ((i > 2)) && [[ ${COMP_WORDS[i]} == = || ${words[-1]} == *= ]]; then
      words[-1]+=${COMP_WORDS[i]}
    else
      words+=("${COMP_WORDS[i]}")
    fi
  done
  value=${words[-1]}
  if ((${#words[@]} > 2)); then
    command=${words[1]} option=${words[-2]}
  fi
  if [[ -n $command && $value == --*=* ]]; then
    option=${value%%=*} value=${value#*=}
  fi
  if [[ -n $command ]] && known=$(_slotscope_values "$command" "$option"); then
    # shellcheck disable=SC2086 # several words
    _slotscope_offer "$value" $known
  elif [[ $value == -* ]]; then
    # shellcheck disable=SC2046 # several words
    _slotscope_offer "$value" $(_slotscope_options "$command")
  elif [[ -z $command ]]; then
    # shellcheck disable=SC2086 # several words
    _slotscope_offer "$value" $commands
  elif [[ $command != record && $command != slots ]]; then
    _slotscope_files "$value"
  fi
  # What bash took for words of their own stays in the line.
  if [[ $COMP_WORDBREAKS != *=* ]]; then
    [[ ${words[-1]} != --*=* ]] || COMPREPLY=("${COMPREPLY[@]/#/$option=}")
  elif [[ $value == *=* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${value%=*}="}")
  fi
}

complete -F _slotscope slotscope
