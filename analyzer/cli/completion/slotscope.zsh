#compdef slotscope
# zsh completion for slotscope.

_slotscope() {
  local curcontext=$curcontext state line ret=1
  # Not `commands`: that is zsh's own, and completes what stands behind `record --`.
  local -a verbs output reading
  verbs=(
    'record:capture the calls of a VMM, from its start or as it runs'
    'slots:the slots that the kernel holds now, of any running VM'
    'report:what happened\: calls, updates, commits, slots'
    'log:one line per call\: what it was and what it did'
    'map:the guest'\''s memory map at any point'
    'diff:two traces aligned by what they did'
    'replay:issue the calls again on a scratch VM and measure them'
    'optimize:the same slots with fewer calls, as a trace'
    'check:holds a trace against a budget, for a VMM'\''s CI'
    'convert:write a trace in another format'
  )
  output=(
    '--json[JSON instead of text]'
    '--color=[emphasis in the text]:when:(auto always never)'
    '(- *)'{-h,--help}'[print a short help]'
  )
  reading=(
    '--kernel=[whose rules judge the results]:version:(5.10 6.1 6.12 6.18 7.3 5.10-shadow 6.1-shadow 6.12-shadow 6.18-shadow 7.3-shadow)'
    '--vm=[only this VM of the trace]:number: '
    '--keep-going[count unreadable lines instead of stopping]'
    $output
  )
  _arguments -C \
    '(- *)'{-h,--help}'[list the commands]' \
    '(- *)--version[print the version]' \
    '1:command:->command' \
    '*::argument:->argument' && ret=0
  [[ $state != command ]] || _describe command verbs && ret=0
  [[ $state == argument ]] || return ret
  curcontext=${curcontext%:*}-$words[1]:
  case $words[1] in
    record)
      if ((${words[(i)--]} < CURRENT)); then
        # A command line of its own.
        ((CURRENT -= ${words[(i)--]}))
        shift ${words[(i)--]} words
        _normal && ret=0
        return ret
      fi
      _arguments -s \
        '(-p --pid --all)'{-p+,--pid=}'[a process that already runs]:process:_pids' \
        '(-p --pid)--all[every VM]' \
        '(-o --output)'{-o+,--output=}'[the trace; - shows the calls as they come]:file:_files' \
        '--to=[the format of the trace]:format:(native jsonl log)' \
        '--backend=[only this hook]:name:(auto fentry kprobe syscalls)' \
        '--commits[mark QEMU'\''s memory commits]' \
        '--stacks[the functions that led to each call]' \
        '--phases[where the time inside a call goes]' \
        '--duration=[stop after that long]:time: ' \
        '--buffer=[room for calls not yet written]:size: ' \
        '--json[the summary, or with -o - the calls, as JSON]' \
        '(- *)'{-h,--help}'[print a short help]' && ret=0
      ;;
    slots)
      _arguments -s \
        '(-p --pid --all)'{-p+,--pid=}'[of this process]:process:_pids' \
        '(-p --pid)--all[of every process]' \
        $output && ret=0
      ;;
    report)
      _arguments -s \
        $reading \
        '*:trace:_files' && ret=0
      ;;
    log)
      _arguments -s \
        '--stacks[the functions that led to each call]' \
        $reading \
        '1:trace:_files' && ret=0
      ;;
    map)
      _arguments -s \
        '--at=[after that call, that long after the first call, or end]:point:(end)' \
        $reading \
        '1:trace:_files' && ret=0
      ;;
    diff)
      _arguments -s \
        '--exit-code[exit 1 when the traces differ]' \
        '--vm-b=[and of B this one]:number: ' \
        $reading \
        '1:trace:_files' \
        '2:trace:_files' && ret=0
      ;;
    replay)
      _arguments -s \
        '--dry-run[print the plan; touch nothing]' \
        '--repeat=[measured runs, each on a fresh VM]:number: ' \
        '--warmup=[runs before them]:number: ' \
        '--compare=[in turn with a variant or another trace]:what:_slotscope_or_file original minimal no-redundant' \
        '--save=[write the JSON there]:file:_files' \
        '--against=[compare with a saved one]:file:_files' \
        '--vcpus=[vCPUs that run meanwhile]:number: ' \
        '--guest=[what they do]:word:(idle touch walk)' \
        '--backing=[what stands behind the memory]:word:(anon thp hugetlb memfd)' \
        '--populate[fill the memory before the first call]' \
        '--pre-fault[KVM_PRE_FAULT_MEMORY after each create]' \
        '--quirk=[what a delete zaps]:word:(slot-zap-all=on slot-zap-all=off)' \
        '--dirty-log=[how dirty logging is protected]:word:(default manual-protect)' \
        '--pace=[when the calls are issued]:word:(fast recorded)' \
        '--speed=[the recorded pace times this]:factor: ' \
        '--pin=[run on this CPU, the vCPUs too]:CPU: ' \
        '--split-address-spaces[each in a VM of its own]' \
        '--memory-percent=[of free memory that slots may cost]:number: ' \
        '--kvm=[the device, or made-up costs]:path:_slotscope_or_file fake' \
        $reading \
        '1:trace:_files' && ret=0
      ;;
    optimize)
      _arguments -s \
        '(-o --output)'{-o+,--output=}'[the file to write, or -]:file:_files' \
        '--to=[the format to write]:format:(native jsonl csv qemu)' \
        '--level=[which slots stay the same]:level:(commit lazy final)' \
        $reading \
        '1:trace:_files' && ret=0
      ;;
    check)
      _arguments -s \
        '(--suggest)--budget=[the limits, as JSON]:file:_files' \
        '(--budget)--suggest[print the budget that this trace just keeps]' \
        $reading \
        '1:trace:_files' && ret=0
      ;;
    convert)
      _arguments -s \
        '(-o --output)'{-o+,--output=}'[the file to write, or -]:file:_files' \
        '--to=[the format to write]:format:(native jsonl csv qemu)' \
        $reading \
        '1:trace:_files' && ret=0
      ;;
  esac
  return ret
}

# _arguments puts options for compadd in front of the words.
_slotscope_or_file() {
  local -a given
  zparseopts -D -a given J: V: X: x: M: F: P: S: 1 2 o+: n f q
  _alternative "words:word:($*)" 'files:trace:_files'
}

_slotscope "$@"
