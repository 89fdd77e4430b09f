// Command lines: Boost.Program_options behind what all commands share.
#pragma once

#include <boost/program_options.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/base/units.h"
#include "analyzer/cli/command.h"
#include "analyzer/format/registry.h"
#include "analyzer/model/kernel_profile.h"

namespace slotscope {

struct Usage {
  const char* synopsis;  // "report [options] TRACE..."
  const char* about;     // one or two lines
  const char* examples;  // two lines, indented by two
};

class Options {
 public:
  explicit Options(const Usage& usage);

  // For the command's own options: options.add()("at", value<...>(), "...").
  boost::program_options::options_description_easy_init add() { return own_.add_options(); }

  // Empty when --help was asked for and printed.
  Result<std::optional<boost::program_options::variables_map>> parse(
      const std::vector<std::string>& arguments, Streams& streams);

 private:
  std::string help() const;

  Usage usage_;
  boost::program_options::options_description own_;
};

// Of an option that names a VM.
Result<VmId> vm_id(const char* option, int64_t value);

// How a command shows its answer.
struct OutputOptions {
  bool json = false;
  Style style;

  static void add_to(Options& options);
  static Result<OutputOptions> from(const boost::program_options::variables_map& values,
                                    const Streams& streams);
};

// What every command that reads a TRACE understands.
struct ReadingOptions {
  std::vector<std::string> traces;
  bool json = false;
  ReadOptions read;
  std::optional<KernelProfile> kernel;  // as asked for
  std::optional<VmId> vm;               // only this one
  Style style;

  static void add_to(Options& options);
  // Whose rules judge a trace: as asked for, else of the host that its metadata tells, else the
  // newest.
  KernelProfile kernel_for(const TraceInfo& trace) const;

  // Adds these to the command's own and parses all; empty when --help was asked for and printed.
  static Result<std::optional<ReadingOptions>> parse(Options& command,
                                                     const std::vector<std::string>& arguments,
                                                     size_t most, Streams& streams);
  // At least one and at most `most` traces.
  static Result<ReadingOptions> from(const boost::program_options::variables_map& values,
                                     size_t most, const Streams& streams);
};

}  // namespace slotscope
