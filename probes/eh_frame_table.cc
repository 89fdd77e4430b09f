#include "probes/eh_frame_table.h"

#include <dwarf.h>
#include <gelf.h>

#include "analyzer/base/bytes.h"

namespace slotscope {
namespace {

// As every linker writes it (Linux Standard Base, 10.6.2): version 1, then three encodings, the
// address of .eh_frame and the number of entries, 32 bits each, and the sorted table of pairs of 32
// bits, relative to the header.
constexpr uint8_t datarel_sdata4 = DW_EH_PE_datarel | DW_EH_PE_sdata4;
constexpr size_t version_at = 0, count_encoding_at = 2, table_encoding_at = 3, count_at = 8,
                 table_at = 12, entry_size = 8;

std::optional<GElf_Phdr> header_of_table(Elf* elf) {
  size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) && header.p_type == PT_GNU_EH_FRAME) {
      return header;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<uint64_t> find_function_start(Elf* elf, uint64_t address) {
  const std::optional<GElf_Phdr> header = header_of_table(elf);
  if (!header || header->p_filesz < table_at) return std::nullopt;
  const Elf_Data* data = elf_getdata_rawchunk(elf, static_cast<int64_t>(header->p_offset),
                                              header->p_filesz, ELF_T_BYTE);
  if (!data || data->d_size < table_at) return std::nullopt;
  const char* bytes = static_cast<const char*>(data->d_buf);
  const auto at = [&](size_t offset) { return static_cast<uint8_t>(bytes[offset]); };
  if (at(version_at) != 1 || at(count_encoding_at) != DW_EH_PE_udata4 ||
      at(table_encoding_at) != datarel_sdata4) {
    return std::nullopt;
  }
  const auto count = load_le<uint32_t>(bytes + count_at);
  if (count > (data->d_size - table_at) / entry_size) return std::nullopt;
  const auto start_of = [&](size_t i) {
    const int64_t relative = load_le<int32_t>(bytes + table_at + i * entry_size);
    return header->p_vaddr + static_cast<uint64_t>(relative);
  };
  size_t first = 0, last = count;  // the answer's successor is in [first, last]
  while (first < last) {
    const size_t middle = first + (last - first) / 2;
    if (start_of(middle) <= address) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  if (first == 0) return std::nullopt;
  return start_of(first - 1);
}

}  // namespace slotscope
