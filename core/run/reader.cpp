#include "core/archive/archive.hpp"
#include "core/archive/checkpoint.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/run/context.hpp"
#include "core/run/port.hpp"
#include "core/run/reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

/// The HDF5 library is not thread-safe, and a plugin may read from any thread.
std::mutex& hdf5() {
  static std::mutex mutex;
  return mutex;
}

class ArchiveSource : public ItemSource {
 public:
  explicit ArchiveSource(const fs::path& file) : archive_(open(file)) {}
  void read_into(const std::string& path, void* data, size_t bytes) override {
    const std::lock_guard lock(hdf5());
    archive_->read_into(path, data, bytes);
  }
  std::vector<std::string> strings(const std::string& path) override {
    const std::lock_guard lock(hdf5());
    return archive_->read(path).strings;
  }
  ~ArchiveSource() override {
    const std::lock_guard lock(hdf5());
    archive_.reset();
  }
  template <class F>
  auto with(F&& f) {
    const std::lock_guard lock(hdf5());
    return f(*archive_);
  }

 private:
  static std::unique_ptr<Archive> open(const fs::path& file) {
    const std::lock_guard lock(hdf5());
    return std::make_unique<Archive>(file);
  }
  std::unique_ptr<Archive> archive_;
};

class CheckpointSource : public ItemSource {
 public:
  explicit CheckpointSource(const fs::path& file) : checkpoint_(file) {}
  void read_into(const std::string& key, void* data, size_t bytes) override {
    checkpoint_.read_into(key, data, bytes);
  }
  std::vector<std::string> strings(const std::string& key) override {
    return checkpoint_.read(key).strings;
  }
  const Checkpoint& checkpoint() const { return checkpoint_; }

 private:
  Checkpoint checkpoint_;
};

/// Parameters of the run behind an archive, and "seed", "method", "run". An HDF5 file that is no
/// archive has none.
Json run_params(const Archive& archive) {
  Json out = Json::object();
  if (!archive.has("config/params_json")) return out;
  out = Json::parse(archive.text("config/params_json"), nullptr, false);
  if (!out.is_object()) out = Json::object();
  const Json about = archive.attributes();
  out["seed"] = about.value("seed", Json(0));
  out["method"] = about.value("method", "");
  out["run"] = about.value("run_id", "");
  return out;
}

[[noreturn]] void not_found(const fs::path& file, const std::string& what) {
  throw Refusal(ASSAY_NOT_FOUND, fmt::format("{} has no {}", file.string(), what));
}

}  // namespace

assay_reader* open_input(const OrderItem& item, assay_kind kind) {
  const fs::path file = item.archive.empty() ? item.path : item.archive;
  if (kind == ASSAY_DIR && fs::is_directory(file))
    throw Refusal(ASSAY_CONTRACT, "it opens an input that is a folder; path() gives its path");
  std::shared_ptr<ArchiveSource> source;
  try {
    source = std::make_shared<ArchiveSource>(file);
  } catch (const BadInput& e) {
    throw Refusal(ASSAY_IO, e.what());
  }
  std::vector<assay_reader::Item> items;
  Json params;
  source->with([&](const Archive& archive) {
    params = run_params(archive);
    if (item.archive.empty()) {
      for (const auto& i : archive.items()) items.push_back({i.path, i.path, i.dtype, i.shape});
    } else {
      const PortView view = view_port(archive, item.port, item.port_kind);
      if (view.items.empty() && item.port_kind != ASSAY_RUN) not_found(file, item.port);
      for (const auto& i : view.items) items.push_back({i.key, i.path, i.dtype, i.shape});
      if (view.step) params["step"] = *view.step;
    }
  });
  return new assay_reader(source, std::move(items), std::move(params));
}

assay_reader* open_own_checkpoint(const Order& order, JournalWriter& journal,
                                  const std::string& name) {
  journal.flush_checkpoints();
  const auto file = journal.checkpoint(name);
  if (!file)
    throw Refusal(ASSAY_NOT_FOUND, "the run has no checkpoint \"" + printable(name) + "\" yet");
  auto source = std::make_shared<CheckpointSource>(*file);
  std::vector<assay_reader::Item> items;
  for (const auto& i : source->checkpoint().items())
    items.push_back({i.path, i.path, i.dtype, i.shape});
  Json params = order.params;
  params["seed"] = order.seed;
  params["method"] = order.method;
  params["run"] = order.id;
  params["step"] = source->checkpoint().step();
  return new assay_reader(source, std::move(items), std::move(params));
}

fs::path artifact_path(const OrderItem& item) {
  const std::lock_guard lock(hdf5());
  return artifact(item.archive.parent_path(), item.port.substr(0, item.port.find('@')));
}

}  // namespace assay

using assay::Refusal;

assay_reader::assay_reader(std::shared_ptr<assay::ItemSource> source, std::vector<Item> items,
                           assay::Json params)
    : source_(std::move(source)), items_(std::move(items)), params_(std::move(params)) {}

const assay_reader::Item& assay_reader::at(size_t i) const {
  if (i >= items_.size())
    throw Refusal(ASSAY_NOT_FOUND,
                  fmt::format("the input has {} items; there is no item {}", items_.size(), i));
  return items_[i];
}

void assay_reader::item(size_t i, const char** key, assay_tensor* about) const {
  const Item& it = at(i);
  if (key) *key = it.key.c_str();
  if (!about) return;
  *about = {};
  about->device = {ASSAY_CPU, 0};
  about->dtype = it.dtype;
  about->ndim = static_cast<int32_t>(it.shape.size());
  about->shape = it.shape.data();
}

void assay_reader::read(size_t i, const assay_tensor* into) {
  const Item& it = at(i);
  if (it.dtype.bits == 0) throw Refusal(ASSAY_INVALID_ARGUMENT, "\"" + it.key + "\" holds strings");
  const auto& t = into->dtype;
  if (t.code != it.dtype.code || t.bits != it.dtype.bits ||
      into->ndim != static_cast<int32_t>(it.shape.size()) ||
      !std::equal(it.shape.begin(), it.shape.end(), into->shape))
    throw Refusal(ASSAY_INVALID_ARGUMENT,
                  "\"" + it.key + "\" is read into a tensor of another type or shape");
  if (into->device.type != ASSAY_CPU)
    throw Refusal(ASSAY_UNSUPPORTED, "\"" + it.key + "\" is read into memory of a device");
  size_t bytes = assay::element_bytes(it.dtype);
  for (const int64_t d : it.shape) bytes *= static_cast<size_t>(d);
  if (bytes == 0) return;
  if (!into->data) throw Refusal(ASSAY_CONTRACT, "\"" + it.key + "\" is read into NULL");
  source_->read_into(it.path, static_cast<char*>(into->data) + into->byte_offset, bytes);
}

const char* const* assay_reader::strings(size_t i) {
  const Item& it = at(i);
  if (it.dtype.bits != 0) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto [found, added] = strings_.try_emplace(i);
  Strings& s = found->second;
  if (added) {
    s.text = source_->strings(it.path);
    for (const auto& text : s.text) s.pointers.push_back(text.c_str());
    s.pointers.push_back(nullptr);
  }
  return s.pointers.data();
}

assay_value assay_reader::param(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = params_.find(name);
  if (found == params_.end())
    throw Refusal(ASSAY_NOT_FOUND,
                  fmt::format("the run behind the input has no parameter \"{}\"", name));
  return values_.make(assay::json_type(*found), *found);
}
