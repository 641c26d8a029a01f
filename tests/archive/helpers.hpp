// What the tests of core/archive share: a folder of their own, and columns made in one line.
#pragma once
#include "core/archive/archive.hpp"
#include "core/archive/journal.hpp"
#include "core/archive/tensor.hpp"
#include "core/base/error.hpp"
#include "core/base/files.hpp"

#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

namespace assay::test {

/// A folder that goes with the object.
struct TemporaryFolder {
  fs::path path;
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "assay-archive-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw Failure(why("cannot create", name));
    path = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

inline const std::string kRunId = "0123456789abcdef0123456789abcdef";

inline RunRecord record() {
  RunRecord r;
  r.id = kRunId;
  r.plugin = "toy";
  r.method = "train";
  r.canonical = "{}";
  r.params = {{"width", 64}, {"rate", 0.1}};
  r.seed = 7;
  r.inputs = Json::object();
  r.schema = {{"loss", {{"unit", "nats"}, {"doc", "training loss"}}}};
  r.experiment_toml = "assay = 1\n";
  r.provenance = {{"cpu_seconds", 1.5}, {"threads", 2}, {"host", "here"}};
  return r;
}

template <class T>
constexpr assay_dtype dtype_for() {
  if constexpr (std::is_same_v<T, bool>)
    return {ASSAY_DT_BOOL, 8, 1};
  else if constexpr (std::is_floating_point_v<T>)
    return {ASSAY_DT_FLOAT, 8 * sizeof(T), 1};
  else if constexpr (std::is_signed_v<T>)
    return {ASSAY_DT_INT, 8 * sizeof(T), 1};
  else
    return {ASSAY_DT_UINT, 8 * sizeof(T), 1};
}

/// Columns that own what they show. Names and values live as long as the object.
class Columns {
 public:
  template <class T>
  Columns& add(const std::string& name, const std::vector<T>& values,
               std::vector<int64_t> shape = {}) {
    return add_raw(
        name, values.data(), values.size() * sizeof(T), dtype_for<T>(),
        shape.empty() ? std::vector<int64_t>{static_cast<int64_t>(values.size())} : shape);
  }
  Columns& add_raw(const std::string& name, const void* data, size_t bytes, assay_dtype dtype,
                   const std::vector<int64_t>& shape) {
    auto& own = owned_.emplace_back(std::make_unique<Owned>());
    own->name = name;
    own->bytes.assign(static_cast<const std::byte*>(data),
                      static_cast<const std::byte*>(data) + bytes);
    own->shape = shape;
    assay_column c{};
    c.name = own->name.c_str();
    c.data = tensor_over(own->bytes.data(), dtype, own->shape);
    columns_.push_back(c);
    return *this;
  }
  Columns& add(const std::string& name, const std::vector<std::string>& texts) {
    auto& own = owned_.emplace_back(std::make_unique<Owned>());
    own->name = name;
    own->texts = texts;
    own->shape = {static_cast<int64_t>(texts.size())};
    for (const std::string& t : own->texts) own->pointers.push_back(t.c_str());
    assay_column c{};
    c.name = own->name.c_str();
    c.data = tensor_over(nullptr, {0, 0, 1}, own->shape);
    static const char* const kNone[] = {""};
    c.strings = own->pointers.empty() ? kNone : own->pointers.data();
    columns_.push_back(c);
    return *this;
  }
  size_t size() const { return columns_.size(); }
  const assay_column* data() const { return columns_.data(); }

 private:
  struct Owned {
    std::string name;
    std::vector<std::byte> bytes;
    std::vector<int64_t> shape;
    std::vector<std::string> texts;
    std::vector<const char*> pointers;
  };
  std::vector<std::unique_ptr<Owned>> owned_;
  std::vector<assay_column> columns_;
};

inline void array_of(JournalWriter& w, const std::string& name, int64_t step,
                     const std::vector<double>& values, const std::vector<int64_t>& shape) {
  w.array(name, step, tensor_over(values.data(), {ASSAY_DT_FLOAT, 64, 1}, shape));
}

}  // namespace assay::test
