// slotscope: what a VMM's KVM memslot calls did, and what they cost.
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <new>

#include "analyzer/base/escape.h"
#include "analyzer/base/temporary_name.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/version.h"
#include "analyzer/render/text/diagnostic_text.h"

namespace {

using namespace slotscope;

void print_help(std::ostream& out) {
  out << "usage: slotscope COMMAND [options] ...\n\n"
         "What a VMM's KVM memslot calls did to the guest's memory, and why.\n\n";
  for (const Command& command : commands()) {
    out << "  " << command.name << std::string(10 - std::string_view(command.name).size(), ' ')
        << command.summary << '\n';
  }
  out << "\nslotscope COMMAND --help explains one, slotscope --version prints the version. Every "
         "command\nhas --json.\n"
         "Exit status: 0 done, 1 the answer is no, 2 usage or bad input, 3 the machine lacks "
         "something.\n";
}

Result<Exit> run(const std::vector<std::string>& arguments, Streams& streams) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") {
    print_help(arguments.empty() ? streams.err : streams.out);
    return arguments.empty() ? Exit::bad_input : Exit::done;
  }
  if (arguments[0] == "--version") {
    streams.out << "slotscope " << version << '\n';
    return Exit::done;
  }
  for (const Command& command : commands()) {
    if (arguments[0] == command.name) {
      return command.run({arguments.begin() + 1, arguments.end()}, streams);
    }
  }
  return Diagnostic{.fault = Fault::usage,
                    .message = "no command '" + escape_for_terminal(arguments[0]) + "'",
                    .advice = "slotscope --help lists them"};
}

// Diagnostics come before, or instead of, a command that understands its options.
bool refuses_color(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (arguments[i] == "--color=never") return true;
    if (arguments[i] == "--color" && i + 1 < arguments.size() && arguments[i + 1] == "never") {
      return true;
    }
  }
  return false;
}

// Those of a narrow terminal; a wide one, and what is no terminal, gets what reads well.
size_t columns_of(int fd) {
  constexpr size_t fewest = 40;
  const size_t most = Style{}.width;
  winsize size = {};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return most;
  return std::clamp<size_t>(size.ws_col, fewest, most);
}

// Like any other diagnostic, but without the memory that composing one takes.
constexpr std::string_view no_memory =
    "slotscope: error: there is not enough memory for this\n"
    "  raise the limit (ulimit -v, a container's), or give it less at once\n";

// When an allocation fails, in any thread. An exception would not do: nlohmann's values can't be
// destroyed once one has passed through them (basic_json::operator[], 3.11).
[[noreturn]] void end_without_memory() {
  remove_temporary_files();
  (void)!write(STDERR_FILENO, no_memory.data(), no_memory.size());
  _exit(static_cast<int>(Exit::environment));
}

// Where SIGPIPE is ignored, a reader that went away is an error like any other.
Diagnostic unwritten_output() {
  Diagnostic diagnostic{.fault = Fault::environment,
                        .message = "can't write to standard output",
                        .advice = "is the disk full?"};
  pollfd out = {STDOUT_FILENO, POLLOUT, 0};
  if (poll(&out, 1, 0) > 0 && (out.revents & POLLERR)) {
    diagnostic.message += ": nobody reads it any more";
    diagnostic.advice.clear();
  }
  return diagnostic;
}

Result<Exit> run_to_the_end(const std::vector<std::string>& arguments, Streams& streams) {
  Result<Exit> status = run(arguments, streams);
  std::cout.flush();
  if (status && !std::cout) return unwritten_output();
  return status;
}

int exit_status(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  Streams streams{std::cout, std::cerr, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1};
  streams.out_width = columns_of(STDOUT_FILENO);
  streams.err_style.width = columns_of(STDERR_FILENO);
  streams.err_style.color = color_by_default(streams.err_is_terminal) && !refuses_color(arguments);
  const Result<Exit> status = run_to_the_end(arguments, streams);
  if (status) return static_cast<int>(*status);
  std::cerr << diagnostic_text(status.error(), "error", streams.err_style);
  const bool machine = status.error().fault == Fault::environment;
  return static_cast<int>(machine ? Exit::environment : Exit::bad_input);
}

}  // namespace

int main(int argc, char** argv) {
  std::set_new_handler(end_without_memory);
  std::ios::sync_with_stdio(false);
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit fails, and that is said
  try {
    return exit_status(argc, argv);
  } catch (const std::bad_alloc&) {  // what zlib and zstd could not allocate
    std::cerr << no_memory;
    return static_cast<int>(Exit::environment);
  }
}
