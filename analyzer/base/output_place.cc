#include "analyzer/base/output_place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "analyzer/base/unique_fd.h"

namespace slotscope {
namespace {

constexpr int most_links = 40;  // as the kernel's own path walk

const char* advice_for(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some space or write to another file system";
    case EFBIG:
      return "raise the limit on file sizes (ulimit -f)";
    case EACCES:
    case EPERM:
    case EROFS:
      return "write to a directory that you may write to";
    case ENOENT:
      return "create the directory first";
    default:
      return "";
  }
}

// A descriptor of this process that `link` names. It is written through, not opened anew: whoever
// opened it chose its position, and whether to append.
std::optional<int> own_descriptor(const std::string& link) {
  char folder[PATH_MAX];
  if (!realpath(folder_of(link).c_str(), folder)) return std::nullopt;
  if (fmt::format("/proc/{}/fd", getpid()) != folder) return std::nullopt;
  const std::string_view name = std::string_view(link).substr(link.find_last_of('/') + 1);
  int number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool all = error == std::errc() && end == name.data() + name.size();
  return all ? std::optional(number) : std::nullopt;
}

// The kernel's links in /proc lead to a file itself; what they read as is only its name, if it has
// one ("pipe:[4242]", "trace.log (deleted)").
bool misleads(const std::string& link, const std::string& target) {
  const UniqueFd fd(open(link.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct statfs system {};
  if (!fd || fstatfs(fd.get(), &system) != 0 || system.f_type != PROC_SUPER_MAGIC) return false;
  struct stat file {
  }, named{};
  if (stat(link.c_str(), &file) != 0 || lstat(target.c_str(), &named) != 0) return true;
  return file.st_dev != named.st_dev || file.st_ino != named.st_ino;
}

std::string link_target(const std::string& link) {
  std::string target(PATH_MAX, '\0');
  const ssize_t n = readlink(link.c_str(), target.data(), target.size());
  target.resize(n < 0 ? 0 : static_cast<size_t>(n));
  return target.starts_with('/') ? target : folder_of(link) + "/" + target;
}

}  // namespace

std::string folder_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Diagnostic output_failure(const std::string& path, const char* what, int error) {
  const char* why = error == EPIPE ? "nobody reads it any more" : strerror(error);
  return {.fault = Fault::environment,
          .place = path,
          .message = fmt::format("{}: {}", what, why),
          .advice = advice_for(error)};
}

Result<OutputPlace> find_output_place(const std::string& path) {
  using enum OutputPlace::Kind;
  if (path == "-") return OutputPlace{.kind = descriptor, .descriptor = STDOUT_FILENO};
  OutputPlace place{.path = path};
  for (int links = 0; links < most_links; ++links) {
    struct stat file {};
    if (lstat(place.path.c_str(), &file) != 0) {
      if (errno == ENOENT && !path.empty() && !place.path.ends_with('/')) return place;
      return output_failure(path, "can't create", errno);
    }
    if (S_ISDIR(file.st_mode)) return output_failure(path, "can't create", EISDIR);
    if (!S_ISLNK(file.st_mode)) {
      place.kind = S_ISREG(file.st_mode) ? OutputPlace::Kind::file : special;
      return place;
    }
    if (const std::optional<int> number = own_descriptor(place.path)) {
      return OutputPlace{.kind = descriptor, .descriptor = *number};
    }
    std::string target = link_target(place.path);
    if (misleads(place.path, target)) {
      place.kind = special;
      return place;
    }
    place.path = std::move(target);
  }
  return output_failure(path, "can't create", ELOOP);
}

}  // namespace slotscope
