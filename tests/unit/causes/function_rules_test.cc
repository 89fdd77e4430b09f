// Every function that names a cause, in a stack as QEMU makes it. "stripped" binaries show exported
// functions only, and functions that end in a call of the next one (sibling calls) show nowhere.
#include <set>
#include <string>

#include "analyzer/causes/cause_rules.h"
#include "analyzer/causes/causes.h"
#include "tests/support/catch.h"

namespace slotscope {
namespace {

using enum CauseKind;
using Functions = std::vector<std::string_view>;

struct Case {
  const char* decides;
  CauseKind cause;
  const char* where;
  Functions callers;  // of memory_region_transaction_commit
  Features features = {};
};

// What stands above every one of them, from QEMU 5.2 to 10.2.
const Functions commit = {"ioctl",
                          "kvm_vm_ioctl",
                          "kvm_set_user_memory_region",
                          "kvm_set_phys_mem",
                          "address_space_update_topology_pass",
                          "address_space_set_flatview",
                          "memory_region_transaction_commit"};
const Functions port_write = {"memory_region_write_accessor",
                              "access_with_adjusted_size",
                              "memory_region_dispatch_write",
                              "flatview_write",
                              "address_space_rw",
                              "kvm_cpu_exec",
                              "kvm_vcpu_thread_fn",
                              "start_thread"};
const Functions main_loop = {"qemu_main_loop", "main"};

Functions joined(Functions a, const Functions& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Functions by_guest(Functions callers) { return joined(std::move(callers), port_write); }
Functions by_monitor(Functions callers) {
  return joined(std::move(callers), joined({"qmp_dispatch", "monitor_qmp_dispatch"}, main_loop));
}

const Case cases[] = {
    {"vapic_map_rom_writable", option_rom_shadow, "7.2, hw/i386/kvmvapic.c",
     by_guest({"memory_region_add_subregion_overlap", "vapic_map_rom_writable", "vapic_prepare",
               "vapic_write"})},
    {"pam_update", pam, "7.2, a build without sibling calls",
     by_guest({"memory_region_set_enabled", "pam_update", "i440fx_update_memory_mappings",
               "i440fx_write_config", "pci_host_config_write_common", "pci_data_write"})},
    {"mch_update_pam", pam, "7.2, q35",
     by_guest({"mch_update_pam", "mch_write_config", "pci_host_config_write_common",
               "pcie_mmcfg_data_write"})},
    {"mch_update_smbase_smram", smram, "5.2, q35",
     by_guest({"memory_region_set_enabled", "mch_update_smbase_smram", "mch_write_config",
               "pci_host_config_write_common", "pcie_mmcfg_data_write"})},
    {"mch_update_smram", tseg, "10.0, q35: ESMRAMC opens TSEG",
     by_guest({"memory_region_set_enabled", "mch_update_smram", "mch_write_config",
               "pci_host_config_write_common", "pcie_mmcfg_data_write"}),
     feature::low_ram_top},
    {"mch_update_smram", smram, "10.0, q35: SMRAM is closed",
     by_guest({"memory_region_set_enabled", "mch_update_smram", "mch_write_config",
               "pci_host_config_write_common", "pcie_mmcfg_data_write"}),
     feature::smram_window},
    {"vga_update_memory_access", legacy_vga, "7.2",
     by_guest(
         {"memory_region_add_subregion_overlap", "vga_update_memory_access", "vga_ioport_write"})},
    {"vga_ioport_write", legacy_vga, "7.2, stripped",
     by_guest({"memory_region_del_subregion", "vga_ioport_write"})},
    {"vbe_ioport_write_data", legacy_vga, "7.2, stripped",
     by_guest({"memory_region_add_subregion_overlap", "vbe_ioport_write_data"})},
    {"memory_region_rom_device_set_romd", flash_mode, "10.0, OVMF writes its variables",
     by_guest(
         {"memory_region_rom_device_set_romd", "pflash_write", "pflash_mem_write_with_attrs"})},
    {"memory_global_dirty_log_start",
     dirty_logging,
     "7.2, migration",
     {"memory_global_dirty_log_start", "ram_init_bitmaps", "ram_save_setup",
      "qemu_savevm_state_setup", "migration_thread", "qemu_thread_start"}},
    {"memory_global_dirty_log_stop", dirty_logging, "7.2, the end of a migration",
     joined({"memory_global_dirty_log_stop", "ram_save_cleanup", "migrate_fd_cleanup"}, main_loop)},
    {"memory_region_set_log", dirty_logging, "7.2, vmware-svga is enabled",
     by_guest({"memory_region_set_log", "vga_dirty_log_start", "vmsvga_value_write"})},
    {"pc_dimm_plug", hotplug, "7.2",
     by_monitor({"memory_region_add_subregion", "memory_device_plug", "pc_dimm_plug",
                 "pc_memory_plug", "hotplug_handler_plug", "device_set_realized", "qdev_device_add",
                 "qmp_device_add"})},
    {"pc_dimm_unplug", hotplug, "7.2, the guest ejects it",
     by_guest({"memory_region_del_subregion", "memory_device_unplug", "pc_dimm_unplug",
               "pc_memory_unplug", "hotplug_handler_unplug", "acpi_memory_hotplug_write"})},
    {"memory_device_plug", hotplug, "8.2, virtio-mem-pci",
     by_monitor({"memory_region_add_subregion", "memory_device_plug", "virtio_md_pci_plug",
                 "hotplug_handler_plug", "qdev_device_add", "qmp_device_add"})},
    {"memory_device_unplug", hotplug, "8.2, virtio-mem-pci",
     by_guest({"memory_region_del_subregion", "memory_device_unplug", "virtio_md_pci_unplug",
               "hotplug_handler_unplug", "acpi_pcihp_eject_slot", "pci_write"})},
    {"qmp_device_add", hotplug, "7.2, ivshmem-plain",
     by_monitor({"memory_region_add_subregion", "pci_qdev_realize", "device_set_realized",
                 "qdev_device_add", "qmp_device_add"})},
    {"qemu_system_reset", reset, "7.2, system_reset",
     joined({"pci_update_mappings", "pci_do_device_reset", "pcibus_reset", "qemu_devices_reset",
             "pc_machine_reset", "qemu_system_reset"},
            main_loop)},
    {"qemu_devices_reset", reset, "5.2, microvm",
     joined({"pci_do_device_reset", "qemu_devices_reset", "microvm_machine_reset"}, main_loop)},
    {"pci_default_write_config", expansion_rom, "7.2, stripped: SeaBIOS looks at a ROM",
     by_guest({"pci_default_write_config", "pci_host_config_write_common", "pci_data_write"}),
     feature::rom_bar},
    {"pci_default_write_config", bar, "7.2, stripped: a BAR is sized",
     by_guest({"pci_default_write_config", "pci_host_config_write_common", "pci_data_write"}),
     feature::bar},
    {"pci_bridge_update_mappings", expansion_rom, "7.2, a ROM behind a bridge",
     by_guest({"pci_bridge_update_mappings", "pci_bridge_write_config", "rp_write_config",
               "pci_host_config_write_common"}),
     feature::rom_bar},
    {"pci_bridge_update_mappings", bar, "7.2, all BARs behind a bridge at once",
     by_guest({"pci_bridge_update_mappings", "pci_bridge_write_config", "rp_write_config",
               "pci_host_config_write_common"}),
     feature::bar | feature::rom_bar},
    {"pci_update_mappings", expansion_rom, "10.0, D3 of a device with a ROM",
     by_guest({"memory_region_del_subregion", "pci_update_mappings", "pci_pm_update"}),
     feature::rom_bar},
    {"pci_update_mappings", bar, "10.0, D3",
     by_guest({"memory_region_del_subregion", "pci_update_mappings", "pci_pm_update"}),
     feature::bar},
    {"kvm_memory_listener_register", listener_registration, "7.2",
     joined({"memory_listener_register", "kvm_memory_listener_register", "kvm_init",
             "accel_init_machine", "configure_accelerators", "qemu_init"},
            {"main"})},
    {"register_smram_listener", listener_registration, "7.2, smm=on",
     joined({"address_space_init", "register_smram_listener", "notifier_list_notify",
             "qemu_machine_creation_done", "qmp_x_exit_preconfig", "qemu_init"},
            {"main"})},
    {"i440fx_update_memory_mappings", smram, "7.2, i440FX: register 0x72",
     by_guest({"i440fx_update_memory_mappings", "i440fx_write_config",
               "pci_host_config_write_common", "pci_data_write"}),
     feature::smram_window},
    {"i440fx_update_memory_mappings", pam, "7.2, i440FX: registers 0x59 to 0x5f",
     by_guest({"i440fx_update_memory_mappings", "i440fx_write_config",
               "pci_host_config_write_common", "pci_data_write"}),
     feature::pam_cut},
    {"machine_run_board_init", board_init, "7.2, stripped",
     joined({"pc_memory_init", "machine_run_board_init", "qemu_init"}, {"main"})},
    {"qemu_init_board", board_init, "6.0, the command line's devices",
     joined({"memory_region_add_subregion", "rom_reset", "qemu_init_board", "qmp_x_exit_preconfig",
             "qemu_init"},
            {"main"})},
};

TEST_CASE("a function in the stack names the cause") {
  std::set<std::pair<std::string_view, CauseKind>> tested;
  for (const Case& one : cases) {
    CAPTURE(one.decides, one.where);
    const Functions stack = joined(commit, one.callers);
    const CauseRule* rule = rule_for(stack, one.features);
    REQUIRE(rule);
    CHECK(rule->cause == one.cause);
    CHECK(rule->evidence == "called from " + std::string(one.decides));
    tested.insert({one.decides, one.cause});
    // It is this function that decides: without it another cause is named, or by another one.
    Functions rest = stack;
    std::erase(rest, one.decides);
    const CauseRule* other = rule_for(rest, one.features);
    CHECK((!other || std::string_view(other->evidence) != rule->evidence));
  }
  for (const FunctionRule& known : function_rules()) {
    CAPTURE(known.function);
    CHECK(tested.contains({known.function, known.rule.cause}));
  }
}

TEST_CASE("a stack without a known function leaves the cause to the signature") {
  CHECK_FALSE(rule_for(joined(commit, port_write), feature::pam_cut));
  CHECK_FALSE(rule_for(Functions{}, feature::bar));
  // Names are compared whole.
  CHECK_FALSE(rule_for(Functions{"xen_pam_update", "pam_update_all"}, Features{}));
}

}  // namespace
}  // namespace slotscope
