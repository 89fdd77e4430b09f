#include "replay/guest_code.h"

namespace slotscope {
namespace {

constexpr uint8_t code[] = {
    // round:
    0x8b, 0x33,        // mov esi, [ebx]        the table
    0x8b, 0x0e,        // mov ecx, [esi]        its count
    0x8b, 0x6e, 0x04,  // mov ebp, [esi+4]      its step
    0x83, 0xc6, 0x08,  // add esi, 8            the first entry
    0xf3, 0x90,        // pause
    // next:
    0xe3, 0x15,        // jecxz done
    0x8b, 0x3e,        // mov edi, [esi]        first
    0x8b, 0x56, 0x04,  // mov edx, [esi+4]      last
    // page:
    0x8b, 0x07,  // mov eax, [edi]        what all this is about
    0x39, 0xd7,  // cmp edi, edx
    0x73, 0x04,  // jae entry_done
    0x01, 0xef,  // add edi, ebp
    0xeb, 0xf6,  // jmp page
    // entry_done:
    0x83, 0xc6, 0x08,  // add esi, 8
    0x49,              // dec ecx
    0xeb, 0xe9,        // jmp next
    // done:
    0xff, 0x43, 0x04,  // inc dword [ebx+4]
    0xeb, 0xd8,        // jmp round
};

}  // namespace

std::span<const uint8_t> guest_code() { return code; }

}  // namespace slotscope
