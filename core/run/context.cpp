#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/run/context.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>

namespace assay {
namespace {

std::atomic<uint32_t> requested{0};
static_assert(std::atomic<uint32_t>::is_always_lock_free, "set in a signal handler");

int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

}  // namespace

void request(uint32_t bit) noexcept { requested.fetch_or(bit, std::memory_order_relaxed); }

}  // namespace assay

using assay::Refusal;

assay_ctx::assay_ctx(const assay::Order& o, const assay::MethodSchema& s, assay::JournalWriter& j)
    : order(o), schema(s), journal(j) {
  saved();
}

const assay_ctx::Output& assay_ctx::look_up(const char* name) {
  const std::lock_guard lock(mutex_);
  auto& known = outputs_[name];
  if (!known) {
    const auto* port = schema.output(name);
    if (!port) {
      outputs_.erase(name);
      throw Refusal(ASSAY_CONTRACT, fmt::format("it writes \"{}\", which it does not declare",
                                                assay::printable(name)));
    }
    known = std::make_unique<Output>(Output{name, port});
  }
  return *known;
}

const assay_ctx::Output& assay_ctx::output(const char* name, uint32_t kinds) {
  // A loop writes the same few names from the same addresses: remembered per thread.
  struct Slot {
    const assay_ctx* context;
    const char* address;
    const Output* output;
  };
  thread_local std::array<Slot, 16> recent{};
  if (!name) throw Refusal(ASSAY_CONTRACT, "it writes an output whose name is NULL");
  Slot& slot = recent[(reinterpret_cast<uintptr_t>(name) >> 4) % recent.size()];
  if (slot.context != this || slot.address != name ||
      std::strcmp(slot.output->name.c_str(), name) != 0)
    slot = {this, name, &look_up(name)};
  if (!(kinds >> slot.output->port->kind & 1))
    throw Refusal(ASSAY_CONTRACT,
                  fmt::format("it writes \"{}\" as something else than the {} it declares", name,
                              assay::kind_name(slot.output->port->kind)));
  return *slot.output;
}

uint32_t assay_ctx::poll() noexcept {
  using assay::requested;
  if (const int64_t due = next_save_.load(std::memory_order_relaxed);
      due && assay::now_ns() >= due) {
    saved();
    return requested.fetch_and(~uint32_t{ASSAY_SAVE_NOW}) | ASSAY_SAVE_NOW;
  }
  if (!requested.load(std::memory_order_relaxed)) return 0;
  return requested.fetch_and(~uint32_t{ASSAY_SAVE_NOW});
}

void assay_ctx::saved() {
  if (order.checkpoint_every > 0)
    next_save_ = assay::now_ns() + static_cast<int64_t>(order.checkpoint_every * 1e9);
}

void assay_ctx::progress(const char* phase, int64_t done, int64_t total, const char* note) {
  const auto now = std::chrono::steady_clock::now();
  const std::string_view name = phase ? phase : "";
  {
    const std::lock_guard lock(mutex_);
    const bool finished = total > 0 && done >= total;
    if (name == phase_ && !finished && now - last_progress_ < std::chrono::milliseconds(100))
      return;
    phase_ = name;
    last_progress_ = now;
  }
  journal.progress(name, done, total, note ? note : "");
}

const assay::OrderInput* assay_ctx::input(const char* name) {
  if (!name || !schema.input(name))
    throw Refusal(ASSAY_CONTRACT, fmt::format("it asks for the input \"{}\", which it does not "
                                              "declare",
                                              name ? assay::printable(name) : "NULL"));
  for (const auto& given : order.inputs)
    if (given.name == name) return &given;
  return nullptr;
}

const assay::OrderItem& assay_ctx::item(const char* name, size_t index) {
  const auto* given = input(name);
  const size_t n = given ? given->items.size() : 0;
  if (index >= n)
    throw Refusal(ASSAY_NOT_FOUND,
                  fmt::format("input \"{}\" has {} items; there is no item {}", name, n, index));
  return given->items[index];
}

const char* assay_ctx::path(const char* name, size_t index) {
  const auto& source = item(name, index);
  if (!source.archive.empty() && source.port_kind == ASSAY_CHECKPOINT) return nullptr;
  const std::string found =
      (source.archive.empty() ? source.path : assay::artifact_path(source)).string();
  const std::lock_guard lock(mutex_);
  return paths_.emplace_back(found).c_str();
}

assay_reader* assay_ctx::open(const char* name, size_t index) {
  if (name && name[0] == '@') return assay::open_own_checkpoint(order, journal, name + 1);
  return assay::open_input(item(name, index), schema.input(name)->kind);
}

void assay_ctx::fail(const std::string& message) {
  const std::lock_guard lock(mutex_);
  failure_ = message;
}

void assay_ctx::misuse(const std::string& message) {
  const std::lock_guard lock(mutex_);
  if (misuse_.empty()) misuse_ = message;
}

std::pair<assay_status, std::string> assay_ctx::verdict(assay_status returned) {
  const std::lock_guard lock(mutex_);
  if (!misuse_.empty()) return {ASSAY_CONTRACT, misuse_};
  if (returned < ASSAY_OK || returned > ASSAY_CONTRACT) returned = ASSAY_FAILED;
  if (returned == ASSAY_CANCELLED && !(assay::requested & ASSAY_STOP))
    return {ASSAY_FAILED, "it stopped without being asked to"};
  return {returned, returned == ASSAY_OK ? "" : failure_};
}
