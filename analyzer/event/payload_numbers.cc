#include "analyzer/event/payload_numbers.h"

#include <algorithm>
#include <random>

#include "analyzer/base/mixed.h"

namespace slotscope {

PayloadNumbers::PayloadNumbers()
    : seed_(uint64_t{std::random_device{}()} << 32 | std::random_device{}()) {}

uint32_t PayloadNumbers::number_of(const Payload& payload) {
  if (places_.empty() || used_ == most) {
    places_.assign(places, {});
    used_ = 0;
  }
  const uint64_t hash =
      mixed(mixed(mixed(mixed(seed_, payload.gpa), payload.size), payload.hva), payload.rest);
  size_t at = hash >> 24 & (places - 1);
  while (places_[at].number != 0 && places_[at].payload != payload) at = (at + 1) & (places - 1);
  Place& place = places_[at];
  if (place.number == 0) {
    if (latest_ > UINT32_MAX - step) return 0;
    place = {payload, latest_ += step};
    ++used_;
  }
  return place.number;
}

void PayloadNumbers::hint(EventBatch& batch) {
  for (Event& event : batch) {
    Call* call = std::get_if<Call>(&event);
    // What has more to say than four words comes too seldom to matter.
    if (!call || call->payload.id.value != 0 || (call->flags & slot_flag::guest_memfd) ||
        call->flags > UINT16_MAX || call->ret < INT16_MIN) {
      continue;
    }
    const uint64_t rest = uint64_t{call->as.value} << 48 | uint64_t{call->slot.value} << 32 |
                          uint64_t{call->flags} << 16 | static_cast<uint16_t>(call->ret);
    call->payload.id.value = number_of({call->gpa.value, call->size.value, call->hva.value, rest});
  }
}

}  // namespace slotscope
