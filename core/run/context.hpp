// What the host knows of the run that this process executes: behind assay_ctx.
#pragma once
#include "core/archive/journal.hpp"
#include "core/plan/schema.hpp"
#include "core/run/order.hpp"
#include "core/run/reader.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

namespace assay {

/// Sets a bit that poll() returns. Safe in a signal handler.
void request(uint32_t bit) noexcept;

/// Why a host function refuses; becomes its status and error().
class Refusal : public std::runtime_error {
 public:
  Refusal(assay_status status, const std::string& what)
      : std::runtime_error(what), status_(status) {}
  assay_status status() const noexcept { return status_; }

 private:
  assay_status status_;
};

}  // namespace assay

/// All members may be called from any thread of the run.
struct assay_ctx {
  assay_ctx(const assay::Order& order, const assay::MethodSchema& schema,
            assay::JournalWriter& journal);

  /// An output's name as the schema allows it.
  struct Output {
    std::string name;
    const assay::PortSchema* port = nullptr;
  };
  /// Throws Refusal(ASSAY_CONTRACT) when `name` is not declared, or not as one of the kinds whose
  /// bits (1 << kind) are in `kinds`.
  const Output& output(const char* name, uint32_t kinds);

  uint32_t poll() noexcept;
  void progress(const char* phase, int64_t done, int64_t total, const char* note);
  void saved();  // a checkpoint was taken: the timer starts again

  const assay::OrderInput* input(const char* name);  // nullptr: not given
  const char* path(const char* name, size_t index);
  assay_reader* open(const char* name, size_t index);

  void fail(const std::string& message);
  /// Remembers the first misuse of the ABI: the run fails with it, whatever it returns.
  void misuse(const std::string& message);
  /// How the run ended, given what the method returned.
  std::pair<assay_status, std::string> verdict(assay_status returned);

  const assay::Order& order;
  const assay::MethodSchema& schema;
  assay::JournalWriter& journal;

 private:
  const assay::OrderItem& item(const char* name, size_t index);
  const Output& look_up(const char* name);

  std::mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<Output>> outputs_;
  std::deque<std::string> paths_;
  std::string failure_, misuse_, phase_;
  std::chrono::steady_clock::time_point last_progress_{};
  std::atomic<int64_t> next_save_{0};  // nanoseconds of the steady clock; 0: no timer
};
