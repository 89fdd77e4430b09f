#include "probes/process_codes.h"

#include <time.h>

#include <algorithm>
#include <iterator>

namespace slotscope {
namespace {

// Of programs that start and end while everything is watched, and never make a call.
constexpr size_t most_ended = 1024;

Nanos now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Nanos{int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec};
}

}  // namespace

void ProcessCodes::read() {
  if (!source_) return;
  const Nanos began = now();
  const auto old = static_cast<ptrdiff_t>(pending_.size());
  source_->read(pending_);
  std::stable_sort(pending_.begin() + old, pending_.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  std::inplace_merge(pending_.begin(), pending_.begin() + old, pending_.end(),
                     [](const auto& a, const auto& b) { return a.time < b.time; });
  read_until_ = began;
}

void ProcessCodes::apply_until(Nanos time) {
  auto next = pending_.begin();
  while (next != pending_.end() && next->time <= time) apply(std::move(*next++));
  pending_.erase(pending_.begin(), next);
}

void ProcessCodes::apply(MappingEvent event) {
  using Kind = MappingEvent::Kind;
  const auto known = processes_.find(event.pid);
  switch (event.kind) {
    case Kind::mapped:
      if (known != processes_.end()) known->second.code.map(std::move(event.mapping));
      break;
    case Kind::executed:
      if (known != processes_.end() || everything_) make(event.pid);
      break;
    case Kind::forked: {
      if (known != processes_.end()) processes_.erase(known);  // another process of that id
      const auto parent = processes_.find(event.parent);
      if (parent == processes_.end()) break;
      ProcessCode child(event.pid, look_of(event.pid), parent->second.code);
      processes_.emplace(event.pid, Known{std::move(child)});
      break;
    }
    case Kind::ended:
      if (known == processes_.end() || std::exchange(known->second.ended, true)) break;
      if (++ended_ > most_ended) forget_ended();
      break;
    case Kind::lost:
      processes_.clear();
      break;
  }
}

void ProcessCodes::forget_ended() {
  std::erase_if(processes_, [](const auto& entry) { return entry.second.ended; });
  ended_ = 0;
}

bool ProcessCodes::becomes_another(Pid pid) const {
  return std::any_of(pending_.begin(), pending_.end(), [pid](const MappingEvent& event) {
    return event.pid == pid &&
           (event.kind == MappingEvent::Kind::executed || event.kind == MappingEvent::Kind::forked);
  });
}

// What /proc shows is of now: of no use to a sample that was taken before an execve.
ProcessCode::Look ProcessCodes::look_of(Pid pid) {
  return [this, pid] {
    std::vector<CodeMapping> mappings = read_code_mappings(pid);
    read();
    return becomes_another(pid) ? std::vector<CodeMapping>() : mappings;
  };
}

ProcessCodes::Known& ProcessCodes::make(Pid pid) {
  ProcessCode code(pid, files_, look_of(pid));
  return processes_.insert_or_assign(pid, Known{std::move(code)}).first->second;
}

// No sample is older than this, so the present is right, whatever the process was before.
void ProcessCodes::follow(Pid pid) {
  read();
  apply_until(read_until_);
  make(pid).code.look();
}

void ProcessCodes::look_at(Pid pid) {
  if (!source_) return make(pid).code.look();
  read();
  const auto known = processes_.find(pid);
  if (known != processes_.end()) {
    known->second.code.open_files();
  } else if (!becomes_another(pid)) {
    make(pid).code.look();
  }
  for (const MappingEvent& event : pending_) {
    if (event.pid == pid && event.kind == MappingEvent::Kind::mapped) {
      files_.open(pid, event.mapping);
    }
  }
}

ProcessCode& ProcessCodes::at(Pid pid, Nanos time) {
  if (time > read_until_) read();
  apply_until(time);
  const auto known = processes_.find(pid);
  if (known != processes_.end()) return known->second.code;
  Known& fresh = make(pid);
  fresh.code.look();
  return fresh.code;
}

}  // namespace slotscope
