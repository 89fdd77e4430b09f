#include "analyzer/format/bytes/byte_window.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

namespace slotscope {
namespace {

// The kernel's copy (rep movsb) is up to three times slower to an address that is not a multiple of
// 64 like the page that it comes from, so reads go to page boundaries and ask for whole pages.
constexpr size_t page = 4096;
// Stays in the second-level cache between the kernel's copy and the decoder.
constexpr size_t initial_capacity = 1 << 18;

}  // namespace

void ByteWindow::Free::operator()(char* memory) const {
  ::operator delete[](memory, std::align_val_t{page});
}

ByteWindow::Memory ByteWindow::allocate(size_t size) {
  return Memory(static_cast<char*>(::operator new[](size, std::align_val_t{page})));
}

ByteWindow::ByteWindow(std::unique_ptr<ByteSource> bytes)
    : bytes_(std::move(bytes)), memory_(allocate(initial_capacity)), capacity_(initial_capacity) {}

// Moves what is visible to the front, by whole pages.
void ByteWindow::make_room() {
  const size_t have = end_ - begin_;
  const size_t to = begin_ % page;
  if (to < begin_) {
    std::memmove(memory_.get() + to, memory_.get() + begin_, have);
  } else {
    Memory larger = allocate(capacity_ * 2);
    std::memcpy(larger.get() + to, memory_.get() + begin_, have);
    memory_ = std::move(larger);
    capacity_ *= 2;
  }
  begin_ = to;
  end_ = to + have;
}

Result<std::string_view> ByteWindow::peek(size_t n) {
  while (end_ - begin_ < n && !at_end_) {
    if (begin_ == end_) begin_ = end_ = end_ % page;
    if (capacity_ - end_ < page) make_room();
    Result<size_t> more = bytes_->read({memory_.get() + end_, capacity_ - end_});
    if (!more) return std::move(more).error();
    end_ += *more;
    at_end_ = *more == 0;
  }
  return std::string_view(memory_.get() + begin_, std::min(n, end_ - begin_));
}

void ByteWindow::consume(size_t n) {
  assert(n <= end_ - begin_);
  begin_ += n;
  offset_ += Bytes{n};
}

Status ByteWindow::seek(Bytes offset) {
  Status status = bytes_->seek(offset);
  if (!status) return status;
  begin_ = end_ = offset.value % page;
  offset_ = offset;
  at_end_ = false;
  return status;
}

}  // namespace slotscope
