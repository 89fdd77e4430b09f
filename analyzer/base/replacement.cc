#include "analyzer/base/replacement.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>

#include "analyzer/base/output_place.h"

namespace slotscope {
namespace {

constexpr int most_names = 1000;  // tried for one file
constexpr mode_t permissions = 07777;
constexpr mode_t owner_only = 0600;

// A name beside `path` that fits into a directory entry.
std::string beside(const std::string& path, const std::string& ending) {
  const std::string folder = path.substr(0, path.find_last_of('/') + 1);
  std::string name = path.substr(folder.size());
  name.resize(std::min(name.size(), NAME_MAX - ending.size()));
  return folder + name + ending;
}

Diagnostic cannot_create(const std::string& path, int error, bool exists) {
  Diagnostic diagnostic = output_failure(path, "can't create a file beside it", error);
  if (!exists) diagnostic = output_failure(path, "can't create", error);
  if (exists && (error == EACCES || error == EPERM || error == EROFS)) {
    diagnostic.advice =
        "the old file stays until the new one beside it is complete; -o - > FILE writes in place";
  }
  return diagnostic;
}

// The owner can be kept by root only, the group by its members; who can't keep them has a file of
// their own.
void keep_owner_and_mode(int fd, const struct stat& old, Replacement::Access access) {
  if (fchown(fd, old.st_uid, old.st_gid) != 0 && fchown(fd, static_cast<uid_t>(-1), old.st_gid)) {
    // The mode below then speaks of another group; that is what `cp` leaves too.
  }
  const bool as_before = access == Replacement::Access::as_before;
  fchmod(fd, as_before ? old.st_mode & permissions : owner_only);
}

// A directory that can't be synced (FAT, some network file systems) has no better to offer.
bool unsupported(int error) { return error == EINVAL || error == EROFS || error == ENOTSUP; }

Status sync_folder(const std::string& path) {
  const UniqueFd folder(open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) == 0 || unsupported(errno)) return ok();
  return output_failure(path, "can't be made safe against a crash", errno);
}

// False when `to` exists.
Result<bool> rename_to_new(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EINVAL && link(from.c_str(), to.c_str()) == 0) {  // the file system has no such flag
    unlink(from.c_str());
    return true;
  }
  if (errno == EEXIST) return false;
  return output_failure(to, "can't create", errno);
}

bool lock(int fd) { return flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK; }

bool is_at(int fd, const std::string& path) {
  struct stat file {
  }, named{};
  return fstat(fd, &file) == 0 && lstat(path.c_str(), &named) == 0 && file.st_dev == named.st_dev &&
         file.st_ino == named.st_ino;
}

// The .partial file of a recorder that was killed: its content is kept, under another name, which
// is answered; empty when it is gone. Whoever has its lock may move it.
Result<std::string> put_aside(const std::string& partial) {
  const UniqueFd left(open(partial.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!left && errno == ENOENT) return std::string();  // it was finished meanwhile
  if (left && !lock(left.get())) {
    return Diagnostic{.fault = Fault::environment,
                      .place = partial,
                      .message = "is being written by another recording",
                      .advice = "give this one another -o FILE"};
  }
  if (left && !is_at(left.get(), partial)) return std::string();
  for (int number = 1; number < most_names; ++number) {
    const std::string aside = fmt::format("{}.{}", partial, number);
    Result<bool> moved = rename_to_new(partial, aside);
    if (!moved) return std::move(moved).error();
    if (*moved) return aside;
  }
  return output_failure(partial, "can't be moved aside", EEXIST);
}

}  // namespace

Result<Replacement> Replacement::create(const std::string& path, Access access) {
  struct stat old {};
  const bool exists = stat(path.c_str(), &old) == 0;
  if (exists && faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) {
    return output_failure(path, "can't write", errno);
  }
  const mode_t mode = exists || access == Access::owner_only ? owner_only : 0666;
  for (int number = 0; number < most_names; ++number) {
    const std::string suffix = number ? fmt::format("-{}", number) : "";
    TemporaryName name;
    const MakingOfFile making;
    std::string temporary = beside(path, fmt::format(".slotscope-{}{}.tmp", getpid(), suffix));
    UniqueFd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!fd && errno == EEXIST) continue;
    if (!fd) return cannot_create(path, errno, exists);
    name = TemporaryName(std::move(temporary));
    if (exists) keep_owner_and_mode(fd.get(), old, access);
    return Replacement(path, std::move(fd), std::move(name));
  }
  return cannot_create(path, EEXIST, exists);
}

Result<std::string> Replacement::publish_partial() {
  const std::string partial = beside(path_, ".partial");
  // Locked before it has its name, so nobody ever finds it there without its lock.
  lock(fd_.get());
  std::string aside;
  for (int tries = 0; tries < most_names; ++tries) {
    Result<bool> named = rename_to_new(temporary_.path(), partial);
    if (!named) return std::move(named).error();
    if (*named) {
      temporary_.release();
      kept_ = partial;
      return aside;
    }
    Result<std::string> moved = put_aside(partial);
    if (!moved) return moved;
    if (!moved->empty()) aside = *std::move(moved);
  }
  return output_failure(partial, "can't create", EEXIST);
}

void Replacement::discard() {
  if (!kept_.empty()) unlink(kept_.c_str());
  kept_.clear();
}

Status Replacement::commit() {
  Status synced = ok();
  if (fsync(fd_.get()) != 0 && !unsupported(errno)) {
    synced = output_failure(path_, "can't write", errno);
  }
  // What a capture has is shown whatever else fails: it is all that there is.
  if (!synced && kept_.empty()) return synced;
  const std::string from = place();
  if (rename(from.c_str(), path_.c_str()) != 0) {
    return output_failure(path_, "can't put the new file in its place", errno);
  }
  temporary_.release();
  kept_.clear();
  const int fd = fd_.release();
  // EINTR leaves the descriptor closed on Linux (close(2)), so there is nothing to repeat.
  if (close(fd) != 0 && errno != EINTR) return output_failure(path_, "can't write", errno);
  return synced ? sync_folder(path_) : synced;
}

}  // namespace slotscope
