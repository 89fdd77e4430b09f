#include "analyzer/event/prefetch.h"

#include <sched.h>

#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

namespace slotscope {
namespace {

// A ring of batches: the reader fills the next free one while the consumer works on another. The
// batch's memory travels with it, so nothing is copied or allocated in the long run.
class PrefetchSource : public Source {
 public:
  explicit PrefetchSource(std::unique_ptr<Source> inner) : inner_(std::move(inner)) {}

  // False where the system has no thread to give.
  bool start() {
    try {
      reader_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }
  std::unique_ptr<Source> give_back() { return std::move(inner_); }

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
    const std::exception_ptr failure = item.failure;
    --filled_;
    lock.unlock();
    changed_.notify_all();
    if (failure) std::rethrow_exception(failure);
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
    std::exception_ptr failure = nullptr;  // there was no memory to read on
  };

  void run(const std::stop_token& stop) {
    for (size_t next = 0;; next = (next + 1) % ring_.size()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return filled_ < ring_.size() || stop.stop_requested(); });
      if (stop.stop_requested()) return;
      Item& item = ring_[next];
      lock.unlock();
      try {
        item.result = inner_->read(item.batch);
      } catch (const std::bad_alloc&) {
        item.failure = std::current_exception();
        item.result = false;
      }
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
  std::jthread reader_;  // last: it ends before anything that it uses
};

}  // namespace

std::unique_ptr<Source> prefetch(std::unique_ptr<Source> inner) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) < 2) return inner;
  auto ahead = std::make_unique<PrefetchSource>(std::move(inner));
  if (!ahead->start()) return ahead->give_back();
  return ahead;
}

}  // namespace slotscope
