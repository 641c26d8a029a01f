// Finds a tensor by any name it may have, and makes floats of it.
#include "plugins/common/lm/file_source.hpp"
#include "plugins/common/lm/gguf_names.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace assay::lm {
namespace {

using weights::Entry;

constexpr int64_t kGrain = int64_t{1} << 16;  // weights that a thread decodes at a time, at least

/// The part of the names that a model's body has inside the model with its head; "" where the model
/// itself takes both.
std::string body_of(const std::string& architecture) {
  if (architecture == "gpt2" || architecture == "bert" || architecture == "roberta") return "";
  if (architecture == "gpt_neo") return "transformer.";
  if (architecture == "gpt_neox") return "gpt_neox.";
  return "model.";
}

/// The names under which a file may have a published one, the best first: as it is, then without or
/// with the part that names the body.
std::vector<std::string> names_in_file(const std::string& published,
                                       const std::string& architecture) {
  const auto body = body_of(architecture);
  std::vector<std::string> names{published};
  if (!body.empty())
    names.push_back(published.starts_with(body) ? published.substr(body.size()) : body + published);
  return names;
}

/// Changes of one character that turn a into b (Levenshtein 1966).
size_t distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

/// For a message: of the first thousands of entries, so that no file makes it slow.
std::string nearest(const std::string& name, std::span<const Entry> entries) {
  const Entry* best = nullptr;
  size_t least = 0;
  for (const auto& entry : entries.first(std::min<size_t>(entries.size(), 4096))) {
    if (entry.name.size() > 300) continue;
    const size_t d = distance(name, entry.name);
    if (!best || d < least) best = &entry, least = d;
  }
  return best ? "; the nearest is \"" + best->name + "\"" : "; it has none";
}

std::string show(at::IntArrayRef shape) {
  std::string text;
  for (const int64_t extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

bool can_borrow(const Entry& entry) {
  return entry.type == weights::Type::f32 && !entry.bytes.empty() &&
         reinterpret_cast<uintptr_t>(entry.bytes.data()) % alignof(float) == 0;
}

}  // namespace

FileSource::FileSource(std::shared_ptr<const weights::TensorFile> file, const Config& config)
    : file_(std::move(file)), config_(config) {}

const Entry* FileSource::find(const std::string& name) const {
  if (file_->gguf()) return file_->find(gguf_name(name));
  for (const auto& other : names_in_file(name, config_.architecture))
    if (const auto* entry = file_->find(other)) return entry;
  return nullptr;
}

at::Tensor FileSource::get(const std::string& name, at::IntArrayRef shape, Init) {
  const auto* entry = find(name);
  if (!entry) {
    const auto own = file_->gguf() ? gguf_name(name) : name;
    throw std::invalid_argument(file_->path() + ": has no tensor \"" + (own.empty() ? name : own) +
                                "\"" + nearest(own.empty() ? name : own, file_->entries()));
  }
  if (shape != at::IntArrayRef(entry->shape))
    throw std::invalid_argument(std::string(entry->path) + ": the tensor \"" + entry->name +
                                "\" has the shape " + show(entry->shape) +
                                "; the configuration asks for " + show(shape));
  const int64_t heads = file_->gguf() ? interleaved_heads(name, config_) : 0;
  if (heads == 0 && can_borrow(*entry))
    return at::from_blob(
        const_cast<uint8_t*>(entry->bytes.data()), shape, [keep = file_->mapping(*entry)](void*) {},
        at::TensorOptions(at::kFloat));
  return decoded(*entry, heads);
}

at::Tensor FileSource::decoded(const Entry& entry, int64_t interleaved) {
  auto tensor = arena_.take(entry.shape);
  auto* out = tensor.data_ptr<float>();
  const int64_t count = entry.count();
  if (count == 0) return tensor;
  if (interleaved == 0) {
    const int64_t block = weights::block_of(entry.type).weights;
    at::parallel_for(0, count / block, kGrain / block, [&](int64_t begin, int64_t end) {
      weights::to_float(entry, begin * block, (end - begin) * block, out + begin * block);
    });
    return tensor;
  }
  const int64_t rows = entry.shape[0], width = count / rows, D = rows / interleaved;
  if (D * interleaved != rows || D % 2 != 0)
    throw std::invalid_argument(std::string(entry.path) + ": the tensor \"" + entry.name +
                                "\" has " + std::to_string(rows) + " rows, which are no " +
                                std::to_string(interleaved) + " heads of an even size");
  at::parallel_for(0, rows, std::max<int64_t>(1, kGrain / width), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      weights::to_float(entry, row * width, width, out + published_row(row, D) * width);
  });
  return tensor;
}

}  // namespace assay::lm
