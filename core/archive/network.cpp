#include "core/archive/network.hpp"

#include <cstdint>
#include <sys/vfs.h>

namespace assay {

bool on_network(const fs::path& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return false;
  switch (static_cast<uint32_t>(info.f_type)) {
    case 0x00006969U:  // NFS
    case 0x0000517bU:  // SMB
    case 0xff534d42U:  // CIFS
    case 0xfe534d42U:  // SMB2
    case 0x65735546U:  // FUSE
    case 0x0bd00bd0U:  // Lustre
    case 0x47504653U:  // GPFS
    case 0x00c36400U:  // Ceph
    case 0x19830326U:  // BeeGFS
    case 0x01021997U:  // 9P
    case 0x5346414fU:  // AFS
    case 0x20030528U:  // OrangeFS
    case 0xaad7aaeaU:  // PanFS
    case 0x01161970U:  // GFS2
    case 0x7461636fU:  // OCFS2
      return true;
    default: return false;
  }
}

}  // namespace assay
