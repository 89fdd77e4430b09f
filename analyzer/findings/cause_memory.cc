#include "analyzer/findings/cause_memory.h"

#include <bit>

namespace slotscope {
namespace {

// A multiplication spreads upwards: what is below says less.
size_t place(uint64_t hash, size_t places) { return hash >> 48 & (places - 1); }

}  // namespace

bool CauseMemory::is_short(const CommitChanges& commit) {
  size_t sides = 0;
  commit.for_each_space([&](AsId, const SpaceChanges& space) {
    sides += space.before().size() + space.after().size();
  });
  return sides <= longest;
}

uint64_t CauseMemory::hash_of(const CommitChanges& commit) {
  uint64_t hash = 0;
  commit.for_each_effect([&](const SlotChange& change, bool came) {
    const uint64_t kind = static_cast<uint64_t>(change.kind) << 1 | came;
    hash ^= change.slot.gpa.value ^ std::rotl(change.slot.size.value, 32) ^ kind;
    hash *= 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
  });
  return hash;
}

const Cause* CauseMemory::find(const CommitChanges& commit, Tid tid, uint32_t generation) const {
  if (entries_.empty() || !is_short(commit)) return nullptr;
  const uint64_t hash = hash_of(commit);
  const Entry& entry = entries_[place(hash, entries_.size())];
  if (entry.hash != hash || entry.generation != generation || entry.tid != tid) return nullptr;
  size_t seen = 0;
  bool same = true;
  commit.for_each_effect([&](const SlotChange& change, bool came) {
    same = same && seen < entry.size && entry.sides[seen].shows(change, came);
    ++seen;
  });
  return same && seen == entry.size ? &entry.cause : nullptr;
}

void CauseMemory::grow() {
  std::vector<Entry> old(2 * entries_.size());
  old.swap(entries_);
  for (const Entry& entry : old) entries_[place(entry.hash, entries_.size())] = entry;
}

// Grows until the newcomer pushes out nothing that is still of use.
CauseMemory::Entry& CauseMemory::place_for(uint64_t hash, uint32_t generation) {
  if (entries_.empty()) entries_.resize(first_places);
  while (true) {
    Entry& entry = entries_[place(hash, entries_.size())];
    const bool useless = entry.generation != generation || entry.hash == hash;
    if (useless || entries_.size() == most_places) return entry;
    grow();
  }
}

void CauseMemory::keep(const CommitChanges& commit, Tid tid, uint32_t generation,
                       const Cause& cause) {
  if (generation == 0 || !is_short(commit)) return;
  const uint64_t hash = hash_of(commit);
  Entry& entry = place_for(hash, generation);
  entry.size = 0;
  commit.for_each_effect([&](const SlotChange& change, bool came) {
    entry.sides[entry.size++] = {change.slot, change.kind, came};
  });
  entry.hash = hash;
  entry.tid = tid;
  entry.generation = generation;
  entry.cause = cause;
}

}  // namespace slotscope
