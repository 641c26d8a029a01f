#include "core/base/files.hpp"
#include "core/run/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <unistd.h>

namespace assay {
namespace {

/// The number in a cgroup file; `least` when there is none ("max").
double cgroup(const char* file, double least) {
  std::ifstream in(file);
  double limit = 0, period = 1;
  if (!(in >> limit)) return least;
  if (in >> period) limit /= period;
  return std::min(least, limit);
}

int64_t total_memory() {
  const auto pages = static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES));
  const int64_t all = pages * ::sysconf(_SC_PAGESIZE);
  return static_cast<int64_t>(cgroup("/sys/fs/cgroup/memory.max", static_cast<double>(all)));
}

/// What CUDA_VISIBLE_DEVICES leaves of this machine's GPUs, in its words.
std::vector<std::string> find_gpus() {
  std::vector<std::string> out;
  std::error_code error;
  for (int n = 0; fs::exists("/dev/nvidia" + std::to_string(n), error); ++n)
    out.push_back(std::to_string(n));
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (out.empty() || !visible) return out;
  out.clear();
  std::istringstream words(visible);
  for (std::string word; std::getline(words, word, ',');) out.push_back(word);
  return out;
}

}  // namespace

Hardware Hardware::here() {
  Hardware m;
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof set, &set);
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(static_cast<size_t>(core), &set)) m.cores.push_back(core);
  const auto n = static_cast<double>(m.cores.size());
  const auto quota = std::max(1.0, std::ceil(cgroup("/sys/fs/cgroup/cpu.max", n)));
  // Two commands at once on one machine begin at different cores.
  if (n > 1)
    std::rotate(m.cores.begin(), m.cores.begin() + ::getpid() % static_cast<int>(n), m.cores.end());
  m.cores.resize(static_cast<size_t>(std::min(n, quota)));
  m.gpus = find_gpus();
  m.memory = total_memory();
  return m;
}

Packing::Packing(const Hardware& machine, int jobs)
    : cores_(machine.cores),
      gpus_(machine.gpus),
      all_cores_(machine.cores.size()),
      cpus_(static_cast<double>(machine.cores.size())),
      memory_(machine.memory),
      jobs_(jobs > 0 ? jobs : INT_MAX) {}

std::optional<Share> Packing::take(const Resources& wanted) {
  if (running_ >= jobs_ || wanted.cpus > cpus_ + 1e-9 || wanted.mem > memory_ ||
      wanted.gpus > static_cast<int>(gpus_.size()))
    return std::nullopt;
  Share share;
  share.cpus = wanted.cpus;
  share.memory = wanted.mem;
  const auto whole = static_cast<size_t>(std::floor(wanted.cpus));
  if (whole >= 1 && whole < all_cores_ && whole <= cores_.size()) {
    share.cores.assign(cores_.begin(), cores_.begin() + static_cast<long>(whole));
    cores_.erase(cores_.begin(), cores_.begin() + static_cast<long>(whole));
  }
  for (int i = 0; i < wanted.gpus; ++i) {
    share.gpus.push_back(gpus_.back());
    gpus_.pop_back();
  }
  cpus_ -= share.cpus;
  memory_ -= share.memory;
  ++running_;
  return share;
}

void Packing::give_back(const Share& share) {
  cpus_ += share.cpus;
  memory_ += share.memory;
  cores_.insert(cores_.end(), share.cores.begin(), share.cores.end());
  gpus_.insert(gpus_.end(), share.gpus.begin(), share.gpus.end());
  --running_;
}

}  // namespace assay
