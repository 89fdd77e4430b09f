#include "analyzer/causes/cause_rules.h"

#include <algorithm>
#include <iterator>

namespace slotscope {
namespace {

using enum CauseKind;
using enum Confidence;
namespace f = feature;

constexpr Features cuts = f::pam_cut | f::fine_cut;
constexpr Features windows = f::smram_window | f::smbase_window | f::ram_alias;
constexpr Features pci = f::bar | f::rom_bar;

constexpr CauseRule rules[] = {
    // What any VMM means by it.
    {dirty_logging, high, "global_dirty", "dirty tracking was switched on or off",
     f::said_dirty | f::log_flips},
    {dirty_logging,
     high,
     "log_flips",
     "only log_dirty flags change",
     f::log_flips,
     {},
     f::creates | f::deletes},
    {board_init,
     low,
     "first_memory",
     "the first memory of a VMM that nothing shows to be QEMU",
     f::not_qemu | f::before_guest | f::creates,
     {},
     f::deletes},
    {unknown, low, "not_qemu", "nothing shows that the VMM is QEMU", f::not_qemu},
    // Only the main thread resets a machine, recognisable by what it unmaps.
    {reset, medium, "main_thread_deletes", "the main thread takes BARs away",
     f::main_thread | f::deletes, pci, f::creates},
    {reset, medium, "main_thread_tseg", "the main thread gives low RAM its end back",
     f::main_thread | f::low_ram_top},
    {reset, medium, "main_thread_smram", "the main thread opens or closes SMRAM", f::main_thread,
     f::smram_window | f::smbase_window},
    {reset,
     medium,
     "main_thread_vga",
     "the main thread takes the VGA window away",
     f::main_thread | f::vga_window | f::deletes,
     {},
     f::creates},
    // What the VMM said, where the signature does not contradict it.
    {pam, high, "pam_register", "a write to the host bridge's PAM registers", f::said_pam, cuts},
    {smram, high, "smram_register", "a write to the host bridge's SMRAM registers", f::said_smram,
     windows},
    {tseg, high, "tseg_register", "a write to the host bridge's TSEG register", f::said_tseg,
     f::low_ram_top},
    {expansion_rom, high, "rom_mapping", "the device's ROM BAR was mapped or unmapped",
     f::said_rom | f::rom_bar},
    {bar, high, "bar_mapping", "the device's BAR was mapped or unmapped", f::said_bar,
     pci | f::device_memory},
    // What the signature tells.
    {listener_registration, high, "first_smm_slots", "address space 1 gets its first slots at once",
     f::smm_begins},
    {hotplug,
     low,
     "late_memory",
     "memory behind the board's, a while after the board's",
     f::before_guest | f::device_memory | f::creates | f::late,
     {},
     f::deletes},
    {board_init, medium, "before_guest", "nothing yet that only a running guest does",
     f::before_guest},
    {pam, medium, "pam_boundaries", "cuts RAM and ROM in 0xc0000-0xfffff at 16 KiB", f::pam_cut},
    {tseg, medium, "low_ram_top", "the end of low RAM comes or goes", f::low_ram_top},
    {smram, medium, "smram_window", "RAM at 0xa0000-0xbffff comes or goes", f::smram_window},
    {smram, medium, "smbase_window", "RAM at 0x30000-0x4ffff comes or goes", f::smbase_window},
    {smram, medium, "smram_alias", "low RAM comes or goes at a second place", f::ram_alias},
    {option_rom_shadow, low, "fine_boundaries", "cuts 0xc0000-0xfffff finer than PAM can",
     f::fine_cut},
    {legacy_vga, medium, "vga_window", "display memory at 0xa0000-0xbffff", f::vga_window},
    {flash_mode, medium, "flash_slot", "a READONLY slot right below 4 GiB comes or goes", f::flash},
    {bar, medium, "pci_slot", "a slot in a PCI window", f::bar},
    {expansion_rom, medium, "pci_rom_slot", "a READONLY slot in a PCI window", f::rom_bar},
    // A DIMM is plugged by the main thread; BARs are mapped by guests, on vCPU threads.
    {hotplug,
     medium,
     "main_thread_memory",
     "the main thread adds memory behind the board's",
     f::main_thread | f::device_memory | f::creates,
     {},
     f::deletes},
    {bar,
     medium,
     "vcpu_memory",
     "a vCPU adds a slot right behind the board's memory",
     f::other_thread | f::device_memory | f::creates,
     {},
     f::deletes},
    {bar, low, "memory_with_bars", "a slot right behind the board's memory, with BARs",
     f::device_memory | f::with_bars},
    {hotplug, low, "device_memory",
     "a slot right behind the board's memory; a 64-bit BAR can be there too", f::device_memory},
    {unknown, low, "no_rule", "no rule fits"},
};
static_assert(std::rbegin(rules)->all_of.empty() && std::rbegin(rules)->any_of.empty());

// Exported functions where there is one, statics for unstripped binaries (QEMU 5.2 to 11). A stack
// holds several: the more telling one stands first.
constexpr FunctionRule function_table[] = {
    {"vapic_map_rom_writable",
     {option_rom_shadow, high, "stack", "called from vapic_map_rom_writable"}},
    {"pam_update", {pam, high, "stack", "called from pam_update"}},
    {"mch_update_pam", {pam, high, "stack", "called from mch_update_pam"}},
    {"mch_update_smbase_smram", {smram, high, "stack", "called from mch_update_smbase_smram"}},
    {"mch_update_smram", {tseg, high, "stack", "called from mch_update_smram", f::low_ram_top}},
    {"mch_update_smram", {smram, high, "stack", "called from mch_update_smram"}},
    {"vga_update_memory_access",
     {legacy_vga, high, "stack", "called from vga_update_memory_access"}},
    {"vga_ioport_write", {legacy_vga, high, "stack", "called from vga_ioport_write"}},
    {"vbe_ioport_write_data", {legacy_vga, high, "stack", "called from vbe_ioport_write_data"}},
    {"memory_region_rom_device_set_romd",
     {flash_mode, high, "stack", "called from memory_region_rom_device_set_romd"}},
    {"memory_global_dirty_log_start",
     {dirty_logging, high, "stack", "called from memory_global_dirty_log_start"}},
    {"memory_global_dirty_log_stop",
     {dirty_logging, high, "stack", "called from memory_global_dirty_log_stop"}},
    {"memory_region_set_log", {dirty_logging, high, "stack", "called from memory_region_set_log"}},
    {"pc_dimm_plug", {hotplug, high, "stack", "called from pc_dimm_plug"}},
    {"pc_dimm_unplug", {hotplug, high, "stack", "called from pc_dimm_unplug"}},
    {"memory_device_plug", {hotplug, high, "stack", "called from memory_device_plug"}},
    {"memory_device_unplug", {hotplug, high, "stack", "called from memory_device_unplug"}},
    {"qmp_device_add", {hotplug, high, "stack", "called from qmp_device_add"}},
    // A reset reaches its devices through functions that a guest's writes go through as well.
    {"qemu_system_reset", {reset, high, "stack", "called from qemu_system_reset"}},
    {"qemu_devices_reset", {reset, high, "stack", "called from qemu_devices_reset"}},
    {"pci_default_write_config",
     {expansion_rom,
      high,
      "stack",
      "called from pci_default_write_config",
      f::rom_bar,
      {},
      f::bar}},
    {"pci_default_write_config", {bar, high, "stack", "called from pci_default_write_config"}},
    {"pci_bridge_update_mappings",
     {expansion_rom,
      high,
      "stack",
      "called from pci_bridge_update_mappings",
      f::rom_bar,
      {},
      f::bar}},
    {"pci_bridge_update_mappings", {bar, high, "stack", "called from pci_bridge_update_mappings"}},
    {"pci_update_mappings",
     {expansion_rom, high, "stack", "called from pci_update_mappings", f::rom_bar, {}, f::bar}},
    {"pci_update_mappings", {bar, high, "stack", "called from pci_update_mappings"}},
    {"kvm_memory_listener_register",
     {listener_registration, high, "stack", "called from kvm_memory_listener_register"}},
    {"register_smram_listener",
     {listener_registration, high, "stack", "called from register_smram_listener"}},
    {"i440fx_update_memory_mappings",
     {smram, high, "stack", "called from i440fx_update_memory_mappings", {}, windows, cuts}},
    {"i440fx_update_memory_mappings",
     {pam, medium, "stack", "called from i440fx_update_memory_mappings"}},
    {"machine_run_board_init", {board_init, high, "stack", "called from machine_run_board_init"}},
    {"qemu_init_board", {board_init, high, "stack", "called from qemu_init_board"}},
};

// A write of four bytes may begin below its register: firmware writes 0x58 for 0x59 to 0x5b.
constexpr BridgeRegister registers[] = {
    {"i440FX", 0x58, 0x5f, f::said_pam},    // I440FX_PAM
    {"i440FX", 0x70, 0x72, f::said_smram},  // I440FX_SMRAM
    {"mch", 0x90, 0x97, f::said_pam},       // MCH_HOST_BRIDGE_PAM0
    {"mch", 0x9c, 0x9d, f::said_smram},     // MCH_HOST_BRIDGE_F_SMBASE, _SMRAM
    {"mch", 0x9e, 0x9e, f::said_tseg},      // MCH_HOST_BRIDGE_ESMRAMC
};

constexpr const char* words[] = {
    "unknown",
    "board_init",
    "listener_registration",
    "pam",
    "smram",
    "tseg",
    "option_rom_shadow",
    "legacy_vga",
    "bar",
    "expansion_rom",
    "flash_mode",
    "dirty_logging",
    "hotplug",
    "reset",
};
static_assert(std::size(words) == static_cast<size_t>(CauseKind::reset) + 1);

bool fits(const CauseRule& rule, Features features) {
  return features.has(rule.all_of) && (rule.any_of.empty() || features.any(rule.any_of)) &&
         !features.any(rule.none_of);
}

}  // namespace

std::span<const CauseRule> cause_rules() { return rules; }
std::span<const FunctionRule> function_rules() { return function_table; }
std::span<const BridgeRegister> bridge_registers() { return registers; }

const CauseRule& rule_for(Features features) {
  return *std::find_if(std::begin(rules), std::prev(std::end(rules)),
                       [&](const CauseRule& rule) { return fits(rule, features); });
}

const CauseRule* rule_for(std::span<const std::string_view> stack, Features features) {
  for (const FunctionRule& known : function_table) {
    if (!fits(known.rule, features)) continue;
    if (std::find(stack.begin(), stack.end(), known.function) != stack.end()) return &known.rule;
  }
  return nullptr;
}

bool names_qemu(std::span<const std::string_view> stack) {
  if (stack.empty()) return false;
  constexpr std::string_view api = "memory_region_transaction_commit";
  return std::find(stack.begin(), stack.end(), api) != stack.end() ||
         rule_for(stack, Features{}) != nullptr;
}

const char* cause_word(CauseKind cause) { return words[static_cast<size_t>(cause)]; }

const char* confidence_word(Confidence confidence) {
  return confidence == low ? "low" : confidence == medium ? "medium" : "high";
}

}  // namespace slotscope
