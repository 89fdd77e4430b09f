#include "analyzer/format/strace/errno_names.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace slotscope {
namespace {

struct Entry {
  std::string_view name;
  int32_t value;
};

// What a KVM ioctl can return, what a seccomp filter or a security module in front of it may
// answer, and what people inject. The names are sorted; linear C tables by value can't be searched
// by name.
constexpr std::array entries = {
    Entry{"E2BIG", E2BIG},         Entry{"EACCES", EACCES},     Entry{"EAGAIN", EAGAIN},
    Entry{"EALREADY", EALREADY},   Entry{"EBADF", EBADF},       Entry{"EBADFD", EBADFD},
    Entry{"EBADMSG", EBADMSG},     Entry{"EBUSY", EBUSY},       Entry{"ECANCELED", ECANCELED},
    Entry{"ECHILD", ECHILD},       Entry{"EDEADLK", EDEADLK},   Entry{"EDOM", EDOM},
    Entry{"EEXIST", EEXIST},       Entry{"EFAULT", EFAULT},     Entry{"EFBIG", EFBIG},
    Entry{"EHWPOISON", EHWPOISON}, Entry{"EILSEQ", EILSEQ},     Entry{"EINPROGRESS", EINPROGRESS},
    Entry{"EINTR", EINTR},         Entry{"EINVAL", EINVAL},     Entry{"EIO", EIO},
    Entry{"EISDIR", EISDIR},       Entry{"ELOOP", ELOOP},       Entry{"EMFILE", EMFILE},
    Entry{"EMLINK", EMLINK},       Entry{"EMSGSIZE", EMSGSIZE}, Entry{"ENAMETOOLONG", ENAMETOOLONG},
    Entry{"ENFILE", ENFILE},       Entry{"ENODATA", ENODATA},   Entry{"ENODEV", ENODEV},
    Entry{"ENOENT", ENOENT},       Entry{"ENOEXEC", ENOEXEC},   Entry{"ENOLCK", ENOLCK},
    Entry{"ENOMEM", ENOMEM},       Entry{"ENOSPC", ENOSPC},     Entry{"ENOSYS", ENOSYS},
    Entry{"ENOTBLK", ENOTBLK},     Entry{"ENOTCONN", ENOTCONN}, Entry{"ENOTDIR", ENOTDIR},
    Entry{"ENOTEMPTY", ENOTEMPTY}, Entry{"ENOTSOCK", ENOTSOCK}, Entry{"ENOTSUP", ENOTSUP},
    Entry{"ENOTSUPP", 524},  // the kernel's own; never meant to reach user space, but does
    Entry{"ENOTTY", ENOTTY},       Entry{"ENXIO", ENXIO},       Entry{"EOPNOTSUPP", EOPNOTSUPP},
    Entry{"EOVERFLOW", EOVERFLOW}, Entry{"EPERM", EPERM},       Entry{"EPIPE", EPIPE},
    Entry{"EPROTO", EPROTO},       Entry{"ERANGE", ERANGE},     Entry{"EREMOTEIO", EREMOTEIO},
    Entry{"EROFS", EROFS},         Entry{"ESPIPE", ESPIPE},     Entry{"ESRCH", ESRCH},
    Entry{"ESTALE", ESTALE},       Entry{"ETIME", ETIME},       Entry{"ETIMEDOUT", ETIMEDOUT},
    Entry{"ETXTBSY", ETXTBSY},     Entry{"EUSERS", EUSERS},     Entry{"EWOULDBLOCK", EWOULDBLOCK},
    Entry{"EXDEV", EXDEV},
};
static_assert(std::ranges::is_sorted(entries, {}, &Entry::name));

}  // namespace

int32_t errno_by_name(std::string_view name) {
  const auto at = std::ranges::lower_bound(entries, name, {}, &Entry::name);
  return at != entries.end() && at->name == name ? at->value : 0;
}

}  // namespace slotscope
