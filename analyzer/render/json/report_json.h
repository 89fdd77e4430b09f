// slotscope.report/1: a contract; names are never changed, only added.
#pragma once

#include "analyzer/findings/report.h"
#include "analyzer/render/json/json.h"

namespace slotscope {

Json report_json(const Report& report);

}  // namespace slotscope
