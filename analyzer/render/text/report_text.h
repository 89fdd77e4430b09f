// A report for people: the answer first, evidence below, what to type next at the end.
#pragma once

#include <ostream>

#include "analyzer/findings/report.h"
#include "analyzer/render/text/style.h"

namespace slotscope {

void print_report(std::ostream& out, const Report& report, const Style& style);

}  // namespace slotscope
