// The command line of `replay` as values.
#pragma once

#include <optional>
#include <string>

#include "analyzer/base/result.h"
#include "analyzer/cli/options.h"
#include "replay/replay_options.h"

namespace slotscope {

struct ReplayArguments {
  ReplayOptions replay;
  uint32_t repeat = 10, warmup = 1;
  bool dry_run = false;
  bool split_address_spaces = false;
  std::optional<uint32_t> pin;
  std::string kvm;                     // a device, or "fake"
  std::optional<std::string> compare;  // original, minimal, no-redundant, or a trace
  std::optional<std::string> save, against;

  static void add_to(Options& options);
  static Result<ReplayArguments> from(const boost::program_options::variables_map& values);
};

}  // namespace slotscope
