// What the VMM said before a call, as QEMU prints it; what was seen beside the calls, as strace
// would.
#pragma once

#include <string>

#include "analyzer/event/annotation.h"

namespace slotscope {

std::string note_text(const Note& note);

}  // namespace slotscope
