// The reader of run.h5 and of users' HDF5 files.
#include "core/archive/archive.hpp"
#include "core/archive/descriptor.hpp"
#include "core/archive/hdf5.hpp"
#include "core/base/error.hpp"

#include <hdf5_hl.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace assay {
namespace {

constexpr int kDeepest = 64;  // nested groups

BadInput unreadable(const fs::path& file, const std::string& reason) {
  return BadInput("E301", file.string() + " is not a readable archive: " + reason);
}

/// netCDF-4's dimensions without coordinates are no data.
bool is_bare_dimension(hid_t dataset) {
  if (H5Aexists(dataset, "CLASS") <= 0 || H5DSis_scale(dataset) <= 0) return false;
  char name[128] = "";
  H5DSget_scale_name(dataset, name, sizeof name);
  return std::string_view(name).starts_with("This is a netCDF dimension but not");
}

std::string read_string_attribute(hid_t attribute, hid_t file_type) {
  if (H5Tis_variable_str(file_type) > 0) {
    char* text = nullptr;
    const h5::Handle type(H5Tcopy(file_type), H5Tclose);
    if (H5Aread(attribute, type, &text) < 0 || text == nullptr) return "";
    std::string out(text);
    H5free_memory(text);
    return out;
  }
  std::string out(H5Tget_size(file_type), '\0');
  if (H5Aread(attribute, file_type, out.data()) < 0) return "";
  out.resize(std::strlen(out.c_str()));
  return out;
}

Json read_attribute(hid_t object, const char* name) {
  const h5::Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  const h5::Handle type(H5Aget_type(attribute), H5Tclose);
  const h5::Handle space(H5Aget_space(attribute), H5Sclose);
  assay_dtype dtype{};
  if (H5Sget_simple_extent_npoints(space) != 1 || !h5::dtype_of(type, dtype)) return nullptr;
  if (dtype.bits == 0) return read_string_attribute(attribute, type);
  if (dtype.code == ASSAY_DT_BOOL) {
    int8_t v = 0;
    H5Aread(attribute, type, &v);
    return v != 0;
  }
  if (dtype.code == ASSAY_DT_FLOAT) {
    double v = 0;
    H5Aread(attribute, H5T_NATIVE_DOUBLE, &v);
    return v;
  }
  if (dtype.code == ASSAY_DT_UINT && dtype.bits == 64) {
    uint64_t v = 0;
    H5Aread(attribute, H5T_NATIVE_UINT64, &v);
    if (v > INT64_MAX) return v;
    return static_cast<int64_t>(v);
  }
  int64_t v = 0;
  H5Aread(attribute, H5T_NATIVE_INT64, &v);
  return v;
}

}  // namespace

struct Archive::Impl {
  fs::path name;
  h5::Handle file;
  bool listed = false;
  std::vector<Item> items;
  std::set<std::string> groups;

  /// Hard links only: nothing outside this file is ever opened.
  void list(hid_t group, const std::string& prefix, int depth) {
    if (depth > kDeepest) throw unreadable(name, "its groups are nested too deeply");
    H5G_info_t info;
    h5::check_call(H5Gget_info(group, &info), "cannot read " + name.string());
    for (hsize_t i = 0; i < info.nlinks; ++i) {
      const ssize_t n =
          H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
      if (n < 0) throw unreadable(name, h5::reason());
      std::string leaf(static_cast<size_t>(n) + 1, '\0');
      H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, leaf.data(), leaf.size(),
                         H5P_DEFAULT);
      leaf.pop_back();
      H5L_info_t link;
      if (H5Lget_info(group, leaf.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD)
        continue;
      visit(group, leaf, prefix, depth);
    }
  }

  void visit(hid_t group, const std::string& leaf, const std::string& prefix, int depth) {
    const h5::Handle object(H5Oopen(group, leaf.c_str(), H5P_DEFAULT), H5Oclose);
    const std::string path = prefix + leaf;
    const H5I_type_t kind = object < 0 ? H5I_BADID : H5Iget_type(object);
    if (kind == H5I_GROUP) {
      groups.insert(path);
      list(object, path + "/", depth + 1);
    } else if (kind == H5I_DATASET) {
      const h5::Handle type(H5Dget_type(object), H5Tclose);
      const h5::Handle space(H5Dget_space(object), H5Sclose);
      Item item;
      item.path = path;
      if (!h5::dtype_of(type, item.dtype) || H5Sget_simple_extent_type(space) == H5S_NULL) return;
      if (path.find('/') != std::string::npos && is_bare_dimension(object)) return;
      item.shape = h5::shape_of(space);
      items.push_back(std::move(item));
    }
  }

  void ensure_listed() {
    if (listed) return;
    list(file, "", 0);
    std::sort(items.begin(), items.end(),
              [](const Item& a, const Item& b) { return a.path < b.path; });
    listed = true;
  }

  /// Is every component a hard link, so that no other file is opened?
  bool is_inside(const std::string& path) const {
    for (size_t to = 0; to != std::string::npos;) {
      to = path.find('/', to + 1);
      const std::string part = path.substr(0, to);
      H5L_info_t link;
      if (part.empty() || H5Lexists(file, part.c_str(), H5P_DEFAULT) <= 0 ||
          H5Lget_info(file, part.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD)
        return false;
    }
    return true;
  }
  bool is_dataset(const std::string& path) const {
    const h5::Handle object(H5Oopen(file, path.c_str(), H5P_DEFAULT), H5Oclose);
    return object >= 0 && H5Iget_type(object) == H5I_DATASET;
  }

  h5::Handle open(const std::string& path) const {
    const auto refuse = [&](const std::string& reason) {
      return Failure(name.string() + ", " + path + ": " + reason);
    };
    if (!is_inside(path)) throw refuse("there is no such dataset inside this file");
    h5::Handle dataset(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
    if (dataset < 0) throw refuse("there is no such dataset");
    const h5::Handle properties(H5Dget_create_plist(dataset), H5Pclose);
    if (H5Pget_external_count(properties) > 0 || H5Pget_layout(properties) == H5D_VIRTUAL)
      throw refuse("its data lie in another file");
    for (int i = 0; i < H5Pget_nfilters(properties); ++i) {
      unsigned flags = 0;
      size_t values = 0;
      char filter[64] = "";
      const H5Z_filter_t id = H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &values,
                                             nullptr, sizeof filter, filter, nullptr);
      if (H5Zfilter_avail(id) <= 0)
        throw refuse("its compression (HDF5 filter " + std::to_string(id) + " " + filter +
                     ") is not available");
    }
    return dataset;
  }

  struct Opened {
    h5::Handle dataset, type;  // type: the file's, in little-endian order
    assay_dtype dtype{};
    std::vector<int64_t> shape;
    size_t elements = 1;
  };
  Opened open_typed(const std::string& path) const {
    Opened o;
    o.dataset = open(path);
    o.type = {H5Dget_type(o.dataset), H5Tclose};
    if (!h5::dtype_of(o.type, o.dtype))
      throw Failure(name.string() + ", " + path + ": its type is not a number, a bool or a string");
    if (o.dtype.bits > 8) {
      o.type = {H5Tcopy(o.type), H5Tclose};
      H5Tset_order(o.type, H5T_ORDER_LE);
    }
    const h5::Handle space(H5Dget_space(o.dataset), H5Sclose);
    o.shape = h5::shape_of(space);
    for (const int64_t d : o.shape) o.elements *= static_cast<size_t>(d);
    return o;
  }

  void read(const Opened& o, void* to, const std::string& path) const {
    if (o.elements == 0) return;
    const h5::Handle transfer = h5::transfer_for(o.elements);
    h5::check_call(H5Dread(o.dataset, o.type, H5S_ALL, H5S_ALL, transfer, to),
                   "cannot read " + name.string() + ", " + path);
  }

  std::vector<std::string> read_strings(const Opened& o, const std::string& path) const {
    std::vector<std::string> out(o.elements);
    if (H5Tis_variable_str(o.type) > 0) {
      std::vector<char*> pointers(o.elements, nullptr);
      read(o, pointers.data(), path);
      for (size_t i = 0; i < out.size(); ++i) {
        if (pointers[i] != nullptr) out[i] = pointers[i];
        H5free_memory(pointers[i]);
      }
      return out;
    }
    const size_t width = H5Tget_size(o.type);
    std::string all(o.elements * width, '\0');
    read(o, all.data(), path);
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = all.substr(i * width, width);
      out[i].resize(std::strlen(out[i].c_str()));
      if (H5Tget_strpad(o.type) == H5T_STR_SPACEPAD) out[i].erase(out[i].find_last_not_of(' ') + 1);
    }
    return out;
  }
};

Archive::Archive(const fs::path& file) : impl_(std::make_unique<Impl>()) {
  const h5::Guard guard;
  h5::prepare();
  impl_->name = file;
  {
    const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw unreadable(file, std::strerror(errno));
    if (fs::is_directory(file)) throw unreadable(file, "it is a folder");
  }
  const h5::Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_file_locking(access, false, true);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  if (H5Fis_hdf5(file.c_str()) <= 0) throw unreadable(file, "it is not an HDF5 file");
  impl_->file = {H5Fopen(file.c_str(), H5F_ACC_RDONLY, access), H5Fclose};
  if (impl_->file < 0) throw unreadable(file, h5::reason());
}
Archive::~Archive() {
  const h5::Guard guard;
  impl_.reset();
}
Archive::Archive(Archive&&) noexcept = default;

const std::vector<Archive::Item>& Archive::items() const {
  const h5::Guard guard;
  impl_->ensure_listed();
  return impl_->items;
}

bool Archive::has(const std::string& path) const {
  const h5::Guard guard;
  return impl_->is_inside(path) && impl_->is_dataset(path);
}

Array Archive::read(const std::string& path) const {
  const h5::Guard guard;
  const Impl::Opened o = impl_->open_typed(path);
  Array array;
  array.dtype = o.dtype;
  array.shape = o.shape;
  if (array.is_strings()) {
    array.strings = impl_->read_strings(o, path);
  } else {
    array.bytes.resize(o.elements * element_bytes(o.dtype));
    impl_->read(o, array.bytes.data(), path);
  }
  return array;
}

void Archive::read_into(const std::string& path, void* data, size_t bytes) const {
  const h5::Guard guard;
  const Impl::Opened o = impl_->open_typed(path);
  if (o.dtype.bits == 0 || o.elements * element_bytes(o.dtype) != bytes)
    throw Failure(impl_->name.string() + ", " + path + ": it does not have " +
                  std::to_string(bytes) + " bytes of numbers");
  impl_->read(o, data, path);
}

std::vector<std::string> Archive::children(const std::string& group) const {
  const h5::Guard guard;
  impl_->ensure_listed();
  const std::string prefix = group.empty() || group == "/" ? "" : group + "/";
  std::set<std::string> out;
  const auto add = [&](const std::string& path) {
    if (path.size() > prefix.size() && path.starts_with(prefix))
      out.insert(path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size()));
  };
  for (const Item& item : impl_->items) add(item.path);
  for (const std::string& path : impl_->groups) add(path);
  return {out.begin(), out.end()};
}

Json Archive::attributes(const std::string& path) const {
  const h5::Guard guard;
  Json out = Json::object();
  const std::string what = "cannot read " + impl_->name.string() + ", " + path;
  if (path != "/" && !impl_->is_inside(path)) return out;
  const h5::Handle object(h5::check(H5Oopen(impl_->file, path.c_str(), H5P_DEFAULT), what),
                          H5Oclose);
  const auto visit = [](hid_t id, const char* name, const H5A_info_t*, void* to) -> herr_t {
    Json value = read_attribute(id, name);
    if (!value.is_null()) (*static_cast<Json*>(to))[name] = std::move(value);
    return 0;
  };
  h5::check_call(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, visit, &out), what);
  return out;
}

std::string Archive::text(const std::string& path) const {
  const Array array = read(path);
  if (!array.is_strings() || array.strings.size() != 1)
    throw Failure(impl_->name.string() + ", " + path + ": it is not one string");
  return array.strings[0];
}

}  // namespace assay
