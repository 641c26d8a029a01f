// Writes the groups, datasets and attributes of a new run.h5 and remembers the digest of each
// dataset. Private to core/archive: what goes where is publish.cpp's.
#pragma once
#include "core/archive/descriptor.hpp"
#include "core/archive/hash.hpp"
#include "core/archive/hdf5.hpp"
#include "core/base/json.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace assay {

class ArchiveWriter {
 public:
  explicit ArchiveWriter(fs::path file);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  /// What was stored at `path`; counts: enters the output digest.
  struct Stored {
    std::string path;
    assay_dtype dtype;
    std::vector<int64_t> shape;
    uint64_t bytes;
    ContentHash::Digest digest;
    bool counts;
  };
  enum class Counts { yes, no };

  /// A column of rows along dimension 0: compact when small, else chunked, shuffled, deflated.
  hid_t column(const std::string& path, const Layout& layout, const void* data, Counts counts);
  /// Contiguous, at a page when large: a tensor that readers may map.
  hid_t tensor(const std::string& path, const Layout& layout, const void* data, Counts counts);
  /// A list of strings, or one string when `shape` is empty. They must be storable().
  hid_t strings(const std::string& path, const std::vector<int64_t>& shape,
                const std::vector<std::string>& texts, Counts counts);

  /// A tensor whose bytes come in pieces, in order.
  class Stream {
   public:
    void add(const void* data, size_t bytes);
    void finish();  // throws Failure unless every byte came

   private:
    friend class ArchiveWriter;
    ArchiveWriter* writer_ = nullptr;
    Descriptor fd_;
    std::string path_;
    Layout layout_;
    uint64_t at_ = 0, written_ = 0;
    std::unique_ptr<ContentHash> hash_;
    Counts counts_ = Counts::yes;
  };
  Stream stream(const std::string& path, const Layout& layout, Counts counts);

  /// Makes dataset `path` a dimension scale, and attaches it to dimension `dim` of `data`.
  void scale(const std::string& path);
  void attach(const std::string& data, const std::string& scale, unsigned dim);
  /// A dimension of `length` without coordinates, as netCDF-4 writes it.
  void bare_dimension(const std::string& path, int64_t length);

  /// Scalars and short strings become attributes of the group or dataset `path` ("/" for the root);
  /// a string over 32 KiB becomes a dataset of the group; other values their JSON text.
  void attributes(const std::string& path, const Json& values);

  const std::vector<Stored>& stored() const { return stored_; }
  void note(Stored stored) { stored_.push_back(std::move(stored)); }
  /// SHA-256 over what counts, as DESIGN of the archive says: 64 hex digits.
  std::string output_digest() const;
  /// Writes everything out; the file is not yet fsynced. Throws Failure.
  void close();

 private:
  hid_t group(const std::string& path);
  hid_t parent_of(const std::string& path, std::string& leaf);
  hid_t create(const std::string& path, const Layout& layout, hid_t properties);
  h5::Handle& object(const std::string& path);
  void put_attribute(hid_t object, const std::string& name, const Json& value);
  hid_t type(assay_dtype dtype);

  fs::path file_name_;
  std::string what_;
  h5::Handle file_, group_properties_, string_type_, compact_, contiguous_, plain_;
  std::map<std::string, h5::Handle> groups_, datasets_;
  std::map<std::pair<uint8_t, uint8_t>, h5::Handle> types_;
  std::vector<Stored> stored_;
};

/// The line of a dataset in the output digest: path NUL dtype NUL shape NUL digest newline.
std::string digest_line(const std::string& path, assay_dtype dtype,
                        const std::vector<int64_t>& shape, const ContentHash::Digest& digest);

}  // namespace assay
