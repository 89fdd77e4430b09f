// What a trace should say about the machine that it was captured on.
#pragma once

#include <map>
#include <string>

#include "analyzer/base/units.h"
#include "probes/decode.h"

namespace slotscope {

// From KVM, or what is usual when /dev/kvm can't be asked.
HostLimits host_limits();

// Host, kernel, CPU, KVM's capabilities and parameters: keys and values of TraceInfo::metadata.
std::map<std::string, std::string> host_metadata();

// The command line of a process as one would type it; empty when it is gone.
std::string command_line(Pid pid);

// Its first word without the folder; empty when it is gone.
std::string program_name(Pid pid);

}  // namespace slotscope
