#include "analyzer/event/prefetch.h"

#include <new>
#include <utility>

#include "tests/support/calls.h"
#include "tests/support/catch.h"

using namespace slotscope;
using test::make_call;

namespace {

// Batches of one, two, three ... calls, numbered by their gpa, and then an end of some kind.
class Numbered : public Source {
 public:
  enum class End { good, error, no_memory };

  Numbered(uint64_t batches, End end) : batches_(batches), end_(end) {}

  const TraceInfo& info() const override { return info_; }
  const ReadSummary& summary() const override { return summary_; }

  Result<bool> read(EventBatch& batch) override {
    batch.clear();
    if (read_ < batches_) {
      for (uint64_t i = 0; i <= read_; ++i) batch.emplace_back(make_call({.gpa = next_++}));
      ++read_;
      return true;
    }
    if (std::exchange(ended_, true)) {  // asked again, as it is where nothing is read ahead
      if (end_ == End::good) return false;
      return Diagnostic{.message = "unreadable from here on"};
    }
    summary_.skipped_lines = 42;
    if (end_ == End::no_memory) throw std::bad_alloc();
    if (end_ == End::good) return false;
    batch.emplace_back(make_call({.gpa = next_++}));
    return Diagnostic{.message = "unreadable from here on"};
  }

 private:
  uint64_t batches_, read_ = 0, next_ = 0;
  End end_;
  bool ended_ = false;
  TraceInfo info_;
  ReadSummary summary_;
};

uint64_t expect_next(const EventBatch& batch, uint64_t next) {
  for (const Event& event : batch) REQUIRE(std::get<Call>(event).gpa == Gpa{next++});
  return next;
}

}  // namespace

TEST_CASE("what is read ahead comes in order, and the end stays the end") {
  for (const uint64_t batches : {0, 1, 4, 5, 200}) {
    const auto source = prefetch(std::make_unique<Numbered>(batches, Numbered::End::good));
    EventBatch batch;
    uint64_t next = 0;
    for (uint64_t i = 0; i < batches; ++i) {
      Result<bool> more = source->read(batch);
      REQUIRE(more);
      REQUIRE(*more);
      next = expect_next(batch, next);
    }
    CHECK(next == batches * (batches + 1) / 2);
    for (int again = 0; again < 2; ++again) {
      Result<bool> more = source->read(batch);
      REQUIRE(more);
      CHECK_FALSE(*more);
      CHECK(batch.empty());
    }
    CHECK(source->summary().skipped_lines == 42);
  }
}

TEST_CASE("an error comes after what was read before it, and again when asked again") {
  const auto source = prefetch(std::make_unique<Numbered>(9, Numbered::End::error));
  EventBatch batch;
  uint64_t next = 0;
  for (int i = 0; i < 9; ++i) {
    REQUIRE(source->read(batch));
    next = expect_next(batch, next);
  }
  Result<bool> more = source->read(batch);
  REQUIRE_FALSE(more);
  CHECK(more.error().message == "unreadable from here on");
  CHECK(expect_next(batch, next) == next + 1);
  CHECK_FALSE(source->read(batch));
  CHECK(batch.empty());
}

TEST_CASE("where the reader finds no memory, the one that asks gets the exception") {
  const auto source = prefetch(std::make_unique<Numbered>(3, Numbered::End::no_memory));
  EventBatch batch;
  for (int i = 0; i < 3; ++i) REQUIRE(source->read(batch));
  CHECK_THROWS_AS(source->read(batch), std::bad_alloc);
}

TEST_CASE("a source that nobody reads to its end can be left") {
  for (int i = 0; i < 200; ++i) {
    const auto source = prefetch(std::make_unique<Numbered>(1000, Numbered::End::good));
    EventBatch batch;
    for (int reads = 0; reads < i % 7; ++reads) REQUIRE(source->read(batch));
  }
}
