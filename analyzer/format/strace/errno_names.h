// errno values by the names that strace and perf print.
#pragma once

#include <cstdint>
#include <string_view>

namespace slotscope {

// The positive errno called `name` ("EINVAL"), 0 when there is none.
int32_t errno_by_name(std::string_view name);

}  // namespace slotscope
