// Which file systems are shared between machines: there, mapped writes and flock are not trusted.
#pragma once
#include "core/base/files.hpp"

namespace assay {

/// NFS, SMB, FUSE, Lustre, GPFS, Ceph, BeeGFS, 9P and their like, by statfs. False for a path that
/// does not exist.
bool on_network(const fs::path& path);

}  // namespace assay
