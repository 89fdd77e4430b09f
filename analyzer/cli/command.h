// A command: what it is called, how it is used, and a function over streams that does it.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/render/text/style.h"

namespace slotscope {

enum class Exit : int { done = 0, no = 1, bad_input = 2, environment = 3 };

struct Streams {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  size_t out_width = Style{}.width;  // columns
  Style err_style = {};
};

// Whether colour is welcome where nothing was said of it: on a terminal, unless NO_COLOR is set.
bool color_by_default(bool is_terminal);

struct Command {
  const char* name;
  const char* summary;  // one line of `slotscope --help`
  Result<Exit> (*run)(const std::vector<std::string>& arguments, Streams& streams);
};

std::span<const Command> commands();

Result<Exit> run_report(const std::vector<std::string>& arguments, Streams& streams);
Result<Exit> run_log(const std::vector<std::string>& arguments, Streams& streams);
Result<Exit> run_replay(const std::vector<std::string>& arguments, Streams& streams);
Result<Exit> run_check(const std::vector<std::string>& arguments, Streams& streams);
Result<Exit> run_optimize(const std::vector<std::string>& arguments, Streams& streams);
Result<Exit> run_diff(const std::vector<std::string>& arguments, Streams& streams);
Result<Exit> run_map(const std::vector<std::string>& arguments, Streams& streams);
Result<Exit> run_convert(const std::vector<std::string>& arguments, Streams& streams);
Result<Exit> run_record(const std::vector<std::string>& arguments, Streams& streams);
Result<Exit> run_slots(const std::vector<std::string>& arguments, Streams& streams);

}  // namespace slotscope
