// What the VMM said before a call, as QEMU prints it.
#pragma once

#include <string>

#include "analyzer/event/annotation.h"

namespace slotscope {

std::string note_text(const Note& note);

}  // namespace slotscope
