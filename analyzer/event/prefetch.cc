#include "analyzer/event/prefetch.h"

#include <sched.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace slotscope {
namespace {

// A ring of batches: the reader fills the next free one while the consumer works on another. The
// batch's memory travels with it, so nothing is copied or allocated in the long run.
class PrefetchSource : public Source {
 public:
  explicit PrefetchSource(std::unique_ptr<Source> inner)
      : inner_(std::move(inner)), reader_([this](std::stop_token stop) { run(stop); }) {}

  ~PrefetchSource() override {
    reader_.request_stop();
    changed_.notify_all();
  }

  const TraceInfo& info() const override { return inner_->info(); }
  const ReadSummary& summary() const override { return inner_->summary(); }

  Result<bool> read(EventBatch& batch) override {
    if (ended_) {
      batch.clear();
      return last_;
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return filled_ > 0; });
    Item& item = ring_[first_];
    first_ = (first_ + 1) % ring_.size();
    std::swap(batch, item.batch);
    Result<bool> result = item.result;
    --filled_;
    lock.unlock();
    changed_.notify_all();
    if (!result || !*result) {
      ended_ = true;
      last_ = result;
    }
    return result;
  }

 private:
  struct Item {
    EventBatch batch;
    Result<bool> result = false;
  };

  void run(const std::stop_token& stop) {
    for (size_t next = 0;; next = (next + 1) % ring_.size()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return filled_ < ring_.size() || stop.stop_requested(); });
      if (stop.stop_requested()) return;
      Item& item = ring_[next];
      lock.unlock();
      item.result = inner_->read(item.batch);
      const bool more = item.result && *item.result;
      lock.lock();
      ++filled_;
      lock.unlock();
      changed_.notify_all();
      if (!more) return;
    }
  }

  std::unique_ptr<Source> inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Item, 4> ring_;
  size_t first_ = 0, filled_ = 0;
  bool ended_ = false;
  Result<bool> last_ = false;
  std::jthread reader_;  // last: it starts when everything else stands
};

}  // namespace

std::unique_ptr<Source> prefetch(std::unique_ptr<Source> inner) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) < 2) return inner;
  return std::make_unique<PrefetchSource>(std::move(inner));
}

}  // namespace slotscope
