// Result<T>: a value or the Diagnostic that explains why there is none (std::expected is C++23).
//   Result<int> r = parse(text);
//   if (!r) return std::move(r).error();
//   use(*r);
#pragma once

#include <cassert>
#include <utility>
#include <variant>

#include "analyzer/base/diagnostic.h"

namespace slotscope {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Diagnostic error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }

  T& operator*() & { return value(); }
  const T& operator*() const& { return const_cast<Result*>(this)->value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &**this; }

  const Diagnostic& error() const& {
    assert(!*this);
    return *std::get_if<1>(&state_);
  }
  Diagnostic&& error() && {
    assert(!*this);
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  T& value() {
    assert(*this);
    return *std::get_if<0>(&state_);
  }

  std::variant<T, Diagnostic> state_;
};

// Success without a value.
using Status = Result<std::monostate>;
inline Status ok() { return std::monostate{}; }

}  // namespace slotscope
