// Reading the inputs of a run: archives of upstream runs, HDF5 files, the run's own checkpoints.
#pragma once
#include "core/archive/journal.hpp"
#include "core/base/files.hpp"
#include "core/run/order.hpp"
#include "core/run/values.hpp"

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace assay {

/// Where the bytes of a reader's items come from.
class ItemSource {
 public:
  virtual ~ItemSource() = default;
  virtual void read_into(const std::string& path, void* data, size_t bytes) = 0;
  virtual std::vector<std::string> strings(const std::string& path) = 0;
};

}  // namespace assay

/// What a plugin has opened. All members may be called from any thread; what they hand out lives as
/// long as the reader. They throw assay::Refusal.
struct assay_reader {
  struct Item {
    std::string key, path;  // path: in the source
    assay_dtype dtype{};
    std::vector<int64_t> shape;
  };

  assay_reader(std::shared_ptr<assay::ItemSource> source, std::vector<Item> items,
               assay::Json params);
  size_t count() const { return items_.size(); }
  void item(size_t i, const char** key, assay_tensor* about) const;
  void read(size_t i, const assay_tensor* into);
  const char* const* strings(size_t i);  // nullptr: item `i` holds no strings
  assay_value param(const std::string& name);

 private:
  struct Strings {
    std::vector<std::string> text;
    std::vector<const char*> pointers;
  };
  const Item& at(size_t i) const;

  std::shared_ptr<assay::ItemSource> source_;
  std::vector<Item> items_;
  assay::Json params_;  // of the run behind it, with "seed", "method", "run", "step"
  assay::Values values_;
  std::map<size_t, Strings> strings_;
  std::mutex mutex_;
};

namespace assay {

/// Opens one item of an input of kind `kind`. Throws Refusal.
assay_reader* open_input(const OrderItem& item, assay_kind kind);

/// The run's own latest checkpoint `name`, once everything it gave to save() is durable. Throws
/// Refusal(ASSAY_NOT_FOUND) when there is none.
assay_reader* open_own_checkpoint(const Order& order, JournalWriter& journal,
                                  const std::string& name);

/// The file of the artifact that `item` names, taken out of the archive where it is not there yet.
fs::path artifact_path(const OrderItem& item);

}  // namespace assay
