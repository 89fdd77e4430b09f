# fish completion for slotscope.

# Whether the command is one of these; without any, whether there is none yet.
function __slotscope_command_is
    set -l words (commandline -opc)
    set -q argv[1]; or set argv ''
    contains -- "$words[2]" $argv
end

# What stands behind `record --` is a command line of its own.
function __slotscope_command_line
    set -l words (commandline -opc)
    set -l dashes (contains -i -- -- $words)
    or return
    set -e words[1..$dashes]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c slotscope -f
complete -c slotscope -n __slotscope_command_is -a record -d 'Capture the calls of a VMM'
complete -c slotscope -n __slotscope_command_is -a slots -d 'The slots that the kernel holds now'
complete -c slotscope -n __slotscope_command_is -a report -d 'What happened'
complete -c slotscope -n __slotscope_command_is -a log -d 'One line per call'
complete -c slotscope -n __slotscope_command_is -a map -d "The guest's memory map at any point"
complete -c slotscope -n __slotscope_command_is -a diff -d 'Two traces aligned by what they did'
complete -c slotscope -n __slotscope_command_is -a replay -d 'Issue the calls again and measure them'
complete -c slotscope -n __slotscope_command_is -a optimize -d 'The same slots with fewer calls'
complete -c slotscope -n __slotscope_command_is -a check -d 'Hold a trace against a budget'
complete -c slotscope -n __slotscope_command_is -a convert -d 'Write a trace in another format'
complete -c slotscope -n __slotscope_command_is -l version -d 'Print the version'
complete -c slotscope -s h -l help -d 'Print a short help'

# What every command that reads a trace understands.
set -l reading '__slotscope_command_is report log map diff replay optimize check convert'
complete -c slotscope -n $reading -F
complete -c slotscope -n $reading -l json -d 'JSON instead of text'
complete -c slotscope -n $reading -l kernel -d 'Whose rules judge the results' -xa '5.10 6.1 6.12 6.18 7.3 5.10-shadow 6.1-shadow 6.12-shadow 6.18-shadow 7.3-shadow'
complete -c slotscope -n $reading -l vm -d 'Only this VM of the trace' -x
complete -c slotscope -n $reading -l keep-going -d 'Count unreadable lines instead of stopping'
complete -c slotscope -n $reading -l color -d 'Emphasis in the text' -xa 'auto always never'

set -l record '__slotscope_command_is record'
complete -c slotscope -n $record -s p -l pid -d 'A process that already runs' -xa '(__fish_complete_pids)'
complete -c slotscope -n $record -l all -d 'Every VM'
complete -c slotscope -n $record -s o -l output -d 'The trace; - shows the calls as they come' -rF
complete -c slotscope -n $record -l to -d 'The format of the trace' -xa 'native jsonl log'
complete -c slotscope -n $record -l backend -d 'Only this hook' -xa 'auto fentry kprobe syscalls'
complete -c slotscope -n $record -l commits -d "Mark QEMU's memory commits"
complete -c slotscope -n $record -l stacks -d 'The functions that led to each call'
complete -c slotscope -n $record -l phases -d 'Where the time inside a call goes'
complete -c slotscope -n $record -l duration -d 'Stop after that long' -x
complete -c slotscope -n $record -l buffer -d 'Room for calls not yet written' -x
complete -c slotscope -n $record -l json -d 'The summary, or with -o - the calls, as JSON'
complete -c slotscope -n $record -xa '(__slotscope_command_line)'

set -l slots '__slotscope_command_is slots'
complete -c slotscope -n $slots -s p -l pid -d 'Of this process' -xa '(__fish_complete_pids)'
complete -c slotscope -n $slots -l all -d 'Of every process'
complete -c slotscope -n $slots -l json -d 'JSON instead of text'
complete -c slotscope -n $slots -l color -d 'Emphasis in the text' -xa 'auto always never'

set -l log '__slotscope_command_is log'
complete -c slotscope -n $log -l stacks -d 'The functions that led to each call'

set -l map '__slotscope_command_is map'
complete -c slotscope -n $map -l at -d 'After that call, that long after the first, or end' -xa end

set -l diff '__slotscope_command_is diff'
complete -c slotscope -n $diff -l exit-code -d 'Exit 1 when the traces differ'
complete -c slotscope -n $diff -l vm-b -d 'And of B this one' -x

set -l replay '__slotscope_command_is replay'
complete -c slotscope -n $replay -l dry-run -d 'Print the plan; touch nothing'
complete -c slotscope -n $replay -l repeat -d 'Measured runs, each on a fresh VM' -x
complete -c slotscope -n $replay -l warmup -d 'Runs before them' -x
complete -c slotscope -n $replay -l compare -d 'In turn with a variant or another trace' -rFa 'original minimal no-redundant'
complete -c slotscope -n $replay -l save -d 'Write the JSON there' -rF
complete -c slotscope -n $replay -l against -d 'Compare with a saved one' -rF
complete -c slotscope -n $replay -l vcpus -d 'vCPUs that run meanwhile' -x
complete -c slotscope -n $replay -l guest -d 'What they do' -xa 'idle touch walk'
complete -c slotscope -n $replay -l backing -d 'What stands behind the memory' -xa 'anon thp hugetlb memfd'
complete -c slotscope -n $replay -l populate -d 'Fill the memory before the first call'
complete -c slotscope -n $replay -l pre-fault -d 'KVM_PRE_FAULT_MEMORY after each create'
complete -c slotscope -n $replay -l quirk -d 'What a delete zaps' -xa 'slot-zap-all=on slot-zap-all=off'
complete -c slotscope -n $replay -l dirty-log -d 'How dirty logging is protected' -xa 'default manual-protect'
complete -c slotscope -n $replay -l pace -d 'When the calls are issued' -xa 'fast recorded'
complete -c slotscope -n $replay -l speed -d 'The recorded pace times this' -x
complete -c slotscope -n $replay -l pin -d 'Run on this CPU, the vCPUs too' -x
complete -c slotscope -n $replay -l split-address-spaces -d 'Each in a VM of its own'
complete -c slotscope -n $replay -l memory-percent -d 'Of free memory that slots may cost' -x
complete -c slotscope -n $replay -l kvm -d 'The device, or made-up costs' -rFa fake

set -l output '__slotscope_command_is optimize convert'
complete -c slotscope -n $output -s o -l output -d 'The file to write, or -' -rF
complete -c slotscope -n $output -l to -d 'The format to write' -xa 'native jsonl csv qemu'

set -l optimize '__slotscope_command_is optimize'
complete -c slotscope -n $optimize -l level -d 'Which slots stay the same' -xa 'commit lazy final'

set -l check '__slotscope_command_is check'
complete -c slotscope -n $check -l budget -d 'The limits, as JSON' -rF
complete -c slotscope -n $check -l suggest -d 'Print the budget that this trace just keeps'
