#include "analyzer/format/strace/strace_vms.h"

#include <limits>

namespace slotscope {

uint32_t StraceVms::process_of(Tid tid) const {
  const auto member = members_.find(tid);
  return member == members_.end() ? tid.value : member->second.process;
}

bool StraceVms::guessed(Tid tid) const {
  const auto member = members_.find(tid);
  return member != members_.end() && !member->second.proven;
}

bool StraceVms::proven(Tid tid) const {
  const auto member = members_.find(tid);
  return member != members_.end() && member->second.proven;
}

StraceVms::Descriptors::iterator StraceVms::find(Tid caller, int32_t fd) {
  const uint32_t process = process_of(caller);
  if (auto exact = descriptors_.find({fd, process}); exact != descriptors_.end()) return exact;
  const uint32_t limit = process == 0 ? std::numeric_limits<uint32_t>::max() : process;
  auto above = descriptors_.upper_bound({fd, limit});
  if (above == descriptors_.begin()) return descriptors_.end();
  --above;
  return above->first.fd == fd ? above : descriptors_.end();
}

VmId StraceVms::start(uint32_t process, int32_t fd) {
  ++last_.value;
  live_.insert({last_, {.process = process, .descriptors = 0}});
  attach({fd, process}, last_);
  return last_;
}

void StraceVms::attach(Descriptor at, VmId vm) {
  descriptors_.insert({at, vm});
  of_process_.insert({at.process, at.fd});
  ++live_.at(vm).descriptors;
}

void StraceVms::release(Descriptors::iterator at, std::optional<Nanos> time, EventBatch& events) {
  const auto [descriptor, id] = *at;
  descriptors_.erase(at);
  of_process_.erase({descriptor.process, descriptor.fd});
  const auto vm = live_.find(id);
  if (--vm->second.descriptors > 0) return;
  events.push_back(
      VmMark{.time = time, .vm = id, .pid = {vm->second.process}, .edge = VmMark::Edge::end});
  live_.erase(vm);
}

bool StraceVms::release_process(uint32_t process, std::optional<Nanos> time, EventBatch& events) {
  bool any = false;
  for (auto at = of_process_.lower_bound({process, std::numeric_limits<int32_t>::min()});
       at != of_process_.end() && at->first == process;) {
    const Descriptor descriptor{at->second, at->first};
    ++at;
    release(descriptors_.find(descriptor), time, events);
    any = true;
  }
  return any;
}

bool StraceVms::release_all(std::optional<Nanos> time, EventBatch& events) {
  const bool any = !descriptors_.empty();
  while (!descriptors_.empty()) release(descriptors_.begin(), time, events);
  return any;
}

void StraceVms::created(Tid creator, int32_t fd, std::optional<Nanos> time, EventBatch& events) {
  const uint32_t process = process_of(creator);
  // The kernel gave the number out again, so the VM that had it is gone.
  if (auto old = descriptors_.find({fd, process}); old != descriptors_.end())
    release(old, time, events);
  const VmId vm = start(process, fd);
  events.push_back(VmMark{.time = time, .vm = vm, .pid = {process}, .edge = VmMark::Edge::start});
}

StraceVms::Target StraceVms::target_of(Tid caller, int32_t fd) {
  const auto at = find(caller, fd);
  if (at == descriptors_.end()) {
    const uint32_t process = proven(caller) ? process_of(caller) : 0;
    return {.vm = start(process, fd), .pid = {process}};
  }
  if (proven(caller)) return {.vm = at->second, .pid = {process_of(caller)}};
  const uint32_t owner = live_.at(at->second).process;
  // From now on the thread stays with this process, whichever others appear.
  if (owner != 0 && caller != Tid{} && owner != caller.value)
    members_.insert({caller, {.process = owner, .proven = false}});
  return {.vm = at->second, .pid = {owner}};
}

void StraceVms::cloned(Tid parent, Tid child, bool is_thread) {
  const uint32_t process = is_thread ? process_of(parent) : child.value;
  members_[child] = {.process = process, .proven = true};
}

bool StraceVms::duplicated(Tid caller, int32_t from, int32_t to, std::optional<Nanos> time,
                           EventBatch& events) {
  if (from == to) return false;
  const bool replaced = closed(caller, to, time, events);  // as dup2 does
  const auto source = find(caller, from);
  if (source == descriptors_.end()) return replaced;
  const uint32_t process = source->first.process;
  // A forked child copies its own descriptor, not that of the process it came from.
  if (proven(caller) && process != process_of(caller)) return replaced;
  if (!descriptors_.contains({to, process})) attach({to, process}, source->second);
  return true;
}

bool StraceVms::closed(Tid caller, int32_t fd, std::optional<Nanos> time, EventBatch& events) {
  if (guessed(caller)) return false;
  const auto at = caller == Tid{} ? find(caller, fd) : descriptors_.find({fd, process_of(caller)});
  if (at == descriptors_.end()) return false;
  release(at, time, events);
  return true;
}

bool StraceVms::executed(Tid caller, std::optional<Nanos> time, EventBatch& events) {
  if (guessed(caller)) return false;
  if (caller == Tid{}) return release_all(time, events);
  return release_process(process_of(caller), time, events);
}

bool StraceVms::exited(Tid tid, std::optional<Nanos> time, EventBatch& events) {
  const bool known = members_.erase(tid) > 0;
  // Without an id it is the last process that strace followed.
  if (tid == Tid{}) return release_all(time, events) || known;
  // The first thread of a process is the last to be reported (delay_group_leader() in the kernel).
  return release_process(tid.value, time, events) || known;
}

}  // namespace slotscope
