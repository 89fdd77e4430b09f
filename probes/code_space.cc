#include "probes/code_space.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

namespace slotscope {
namespace {

constexpr size_t most_nowhere = 1024;

// map_files needs CAP_CHECKPOINT_RESTORE (CAP_SYS_ADMIN before 5.9) and always leads to the mapped
// file; the root directory is the way into a container's.
UniqueFd open_mapped(Pid pid, const CodeMapping& mapping) {
  const std::string link =
      fmt::format("/proc/{}/map_files/{:x}-{:x}", pid.value, mapping.begin, mapping.end);
  UniqueFd file(open(link.c_str(), O_RDONLY | O_CLOEXEC));
  if (file || mapping.deleted) return file;
  const std::string path = fmt::format("/proc/{}/root{}", pid.value, mapping.path);
  return UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

std::shared_ptr<ElfModule> ModuleFiles::open(Pid pid, const CodeMapping& mapping) {
  std::shared_ptr<ElfModule>& module = by_inode_[{mapping.device, mapping.inode}];
  if (!module) module = std::make_shared<ElfModule>(mapping.path, open_mapped(pid, mapping));
  return module;
}

ProcessCode::ProcessCode(Pid pid, ModuleFiles& files) : pid_(pid), files_(files) { look(); }

// A process that is gone tells nothing: what it had before stays.
void ProcessCode::look() {
  std::vector<CodeMapping> mappings = read_code_mappings(pid_);
  if (mappings.empty()) return;
  mapped_.clear();
  for (CodeMapping& mapping : mappings) {
    std::shared_ptr<ElfModule> module = files_.open(pid_, mapping);
    mapped_.push_back({std::move(mapping), std::move(module)});
  }
}

const ProcessCode::Mapped* ProcessCode::mapped_at(uint64_t address) const {
  const auto after = std::upper_bound(
      mapped_.begin(), mapped_.end(), address,
      [](uint64_t value, const Mapped& mapped) { return value < mapped.at.begin; });
  if (after == mapped_.begin()) return nullptr;
  const Mapped& candidate = *std::prev(after);
  return address < candidate.at.end ? &candidate : nullptr;
}

CodePlace ProcessCode::find(uint64_t address) {
  const Mapped* mapped = mapped_at(address);
  if (!mapped && !nowhere_.contains(address)) {
    look();
    mapped = mapped_at(address);
    if (nowhere_.size() >= most_nowhere) nowhere_.clear();
    if (!mapped) nowhere_.insert(address);
  }
  if (!mapped) return {};
  const uint64_t offset = address - mapped->at.begin + mapped->at.offset;
  const std::optional<uint64_t> in_file = mapped->module->address_of(offset);
  // What can't be read as ELF has no addresses of its own: the byte in the file says as much.
  return {mapped->module.get(), in_file.value_or(offset)};
}

}  // namespace slotscope
