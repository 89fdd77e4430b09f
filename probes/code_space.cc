#include "probes/code_space.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace slotscope {
namespace {

constexpr size_t most_nowhere = 1024;

// Whether it is the file that was mapped: a process that is gone may have given its id to another,
// and its path to another file. A file's numbers as stat tells them are not always those of its
// mappings (btrfs, overlayfs, 9p), so it is mapped here and looked up as the process's was.
bool is_mapped_file(const UniqueFd& file, const CodeMapping& mapping) {
  struct stat status;
  if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const std::string device =
      fmt::format("{:02x}:{:02x}", major(status.st_dev), minor(status.st_dev));
  if (device == mapping.device && status.st_ino == mapping.inode) return true;
  const std::optional<CodeMapping> own = map_here(file.get());
  return own && own->device == mapping.device && own->inode == mapping.inode;
}

// map_files needs CAP_CHECKPOINT_RESTORE (CAP_SYS_ADMIN before 5.9) and always leads to the mapped
// file; the root directory is the way into a container's, and ours what is left when the process is
// gone.
UniqueFd open_mapped(Pid pid, const CodeMapping& mapping) {
  const std::string process = fmt::format("/proc/{}", pid.value);
  for (const std::string& path :
       {fmt::format("{}/map_files/{:x}-{:x}", process, mapping.begin, mapping.end),
        mapping.deleted ? std::string() : fmt::format("{}/root{}", process, mapping.path),
        mapping.deleted ? std::string() : mapping.path}) {
    UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file && is_mapped_file(file, mapping)) return file;
  }
  return {};
}

}  // namespace

std::shared_ptr<ElfModule> ModuleFiles::open(Pid pid, const CodeMapping& mapping) {
  const Inode inode{mapping.device, mapping.inode};
  if (const auto known = opened_.find(inode); known != opened_.end()) return known->second;
  UniqueFd file = open_mapped(pid, mapping);
  auto& modules = file ? opened_ : unreadable_;
  std::shared_ptr<ElfModule>& module = modules[inode];
  if (!module) module = std::make_shared<ElfModule>(mapping.path, std::move(file));
  return module;
}

ProcessCode::ProcessCode(Pid pid, ModuleFiles& files, Look look)
    : pid_(pid), files_(&files), look_(std::move(look)) {}

ProcessCode::ProcessCode(Pid pid, Look look, const ProcessCode& parent)
    : pid_(pid),
      files_(parent.files_),
      look_(std::move(look)),
      mapped_(parent.mapped_),
      all_open_(parent.all_open_) {}

// A process that is gone tells nothing: what it had before stays.
void ProcessCode::look() {
  std::vector<CodeMapping> mappings = look_();
  if (mappings.empty()) return;
  mapped_.clear();
  for (CodeMapping& mapping : mappings) map(std::move(mapping));
  open_files();
}

void ProcessCode::unmap(uint64_t begin, uint64_t end) {
  auto next = mapped_.upper_bound(begin);
  if (next != mapped_.begin()) --next;
  while (next != mapped_.end() && next->first < end) {
    if (next->second.at.end <= begin) {
      ++next;
      continue;
    }
    const Mapped old = std::move(next->second);
    next = mapped_.erase(next);
    if (old.at.end > end) {
      Mapped rest = old;
      rest.at.begin = end;
      rest.at.offset += end - old.at.begin;
      next = mapped_.emplace(end, std::move(rest)).first;
    }
    if (old.at.begin < begin) {
      Mapped rest = old;
      rest.at.end = begin;
      mapped_.emplace(old.at.begin, std::move(rest));
    }
  }
}

void ProcessCode::map(CodeMapping mapping) {
  unmap(mapping.begin, mapping.end);
  const uint64_t begin = mapping.begin;
  mapped_.emplace(begin, Mapped{std::move(mapping), nullptr});
  all_open_ = false;
}

void ProcessCode::open_files() {
  if (std::exchange(all_open_, true)) return;
  for (auto& [begin, mapped] : mapped_) {
    if (!mapped.module) mapped.module = files_->open(pid_, mapped.at);
  }
}

ProcessCode::Mapped* ProcessCode::mapped_at(uint64_t address) {
  const auto after = mapped_.upper_bound(address);
  if (after == mapped_.begin()) return nullptr;
  Mapped& candidate = std::prev(after)->second;
  return address < candidate.at.end ? &candidate : nullptr;
}

CodePlace ProcessCode::find(uint64_t address) {
  Mapped* mapped = mapped_at(address);
  if (!mapped && !nowhere_.contains(address)) {
    look();
    mapped = mapped_at(address);
    if (nowhere_.size() >= most_nowhere) nowhere_.clear();
    if (!mapped) nowhere_.insert(address);
  }
  if (!mapped) return {.module = nullptr, .address = 0, .unread = mapped_.empty()};
  open_files();
  const uint64_t offset = address - mapped->at.begin + mapped->at.offset;
  const std::optional<uint64_t> in_file = mapped->module->address_of(offset);
  // What can't be read as ELF has no addresses of its own: the byte in the file says as much.
  return {mapped->module.get(), in_file.value_or(offset), !mapped->module->has_file()};
}

}  // namespace slotscope
