// Every format's descriptor, each defined in the file of its reader; registry.cc lists them.
#pragma once

#include "analyzer/format/registry.h"

namespace slotscope {

extern const Format native_format;
extern const Format jsonl_format;
extern const Format csv_format;
extern const Format qemu_simple_format;
extern const Format simpletrace_format;
extern const Format strace_format;
extern const Format qemu_text_format;

}  // namespace slotscope
