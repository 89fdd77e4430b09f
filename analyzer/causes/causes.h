// Calls, bytes and time by cause.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analyzer/causes/cause_rules.h"
#include "analyzer/causes/commit_causes.h"
#include "analyzer/causes/commit_notes.h"
#include "analyzer/commits/translation.h"
#include "analyzer/event/stack_table.h"

namespace slotscope {

struct CauseTotals {
  Cause cause;                               // of its first commit
  Confidence confidence = Confidence::high;  // of the least sure of its commits
  Confidence in_doubt = Confidence::high;    // of those before the VMM was known to be QEMU
  uint64_t calls = 0;
  uint64_t idle_calls = 0;          // of them, those that changed nothing that KVM sees
  Bytes idle_bytes = {};            // of the slots that those deleted
  uint64_t commits = 0;             // that have such calls
  uint64_t collateral_commits = 0;  // of these, those with collateral
  Bytes torn_down = {}, collateral = {};
  std::optional<Nanos> time = {};  // in the calls whose duration is known
};

struct CauseFindings {
  std::vector<CauseTotals> causes;  // most calls first
  bool annotated = false;           // the VMM's own words decided some
  bool from_stacks = false;         // functions in stacks decided some
};

// The causes that commits of one effect got, by what they depend on beside it.
struct KnownCauses {
  struct Answer {
    Tid tid;
    uint32_t generation = 0;  // of the FeatureReader
    std::shared_ptr<const CommitCauses> causes;
  };
  static constexpr size_t most = 4;
  std::vector<Answer> answers;  // the oldest is replaced
  size_t next = 0;
};

// Names the causes of one commit after another of a VM.
class CauseClassifier {
 public:
  // `qemu`: the VMM is known to be QEMU from the beginning. `stacks` may be null.
  CauseClassifier(bool qemu, std::shared_ptr<const StackTable> stacks)
      : reader_(qemu), stacks_(std::move(stacks)) {}

  void note(const Annotation& annotation);
  // A call ends what was said before it; the first of a commit remembers it for classify().
  void begin_commit() { said_.take(notes_); }
  void next_call() { notes_.clear(); }

  // `effect` is that of `commit`, `memory` what this classifier said of it before.
  std::shared_ptr<const CommitCauses> classify(const CommitEffect& effect, const OpenCommit& commit,
                                               const VmState& vm, KnownCauses& memory);

 private:
  CommitCauses classify_anew(const CommitEffect& effect, const OpenCommit& commit,
                             const VmState& vm);
  std::vector<std::string_view> functions_of(StackId stack) const;
  Cause name(const CommitEffect& part, Features features,
             std::span<const std::string_view> functions) const;

  CommitNotes notes_, said_;
  FeatureReader reader_;
  std::shared_ptr<const StackTable> stacks_;
};

class CausesBuilder {
 public:
  // Beyond this many places (BARs at ever new addresses) they are summed up by kind.
  static constexpr size_t most_places = 256;

  // What belongs to one commit.
  struct Share {
    uint64_t calls = 0;
    std::optional<Nanos> time;
    TranslationDiff translation;
  };
  void add(const Cause& cause, const Share& share);
  // A call of `cause`, which add() has been told of, changed nothing that KVM sees; `bytes` of
  // slots that it deleted.
  void add_idle_call(const Cause& cause, Bytes bytes) {
    CauseTotals& totals = totals_of(cause);
    ++totals.idle_calls;
    totals.idle_bytes += bytes;
  }
  CauseFindings finish() const;

 private:
  using Key = std::pair<CauseKind, std::optional<Gpa>>;
  CauseTotals& totals_of(const Cause& cause);

  std::map<Key, CauseTotals> totals_;
  Key latest_key_;
  CauseTotals* latest_ = nullptr;
  bool annotated_ = false, from_stacks_ = false;
  bool known_vmm_ = false;
};

}  // namespace slotscope
