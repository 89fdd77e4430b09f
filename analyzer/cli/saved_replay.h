// A replay's JSON document as a file: written by --save, compared by --against.
#pragma once

#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/render/json/json.h"
#include "replay/data/replay_result.h"

namespace slotscope {

struct SavedReplay {
  Against facts;               // all but the ratio and this side's medians
  std::vector<double> totals;  // of its runs, in ns
};

Result<SavedReplay> read_saved_replay(const std::string& path);
Against compare_with_saved(const SavedReplay& saved, const ReplayResult& result);

Status write_file(const std::string& path, const std::string& text);

}  // namespace slotscope
