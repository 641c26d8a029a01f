#include "core/archive/archive_writer.hpp"
#include "core/base/error.hpp"
#include "core/base/sha256.hpp"

#include <hdf5_hl.h>

#include <algorithm>

namespace assay {
namespace {

constexpr size_t kCompact = 4096;  // bytes of data inside the object's header
constexpr hsize_t kChunkRows = 65536;
constexpr size_t kChunkBytes = size_t{1} << 20;
constexpr size_t kLongString = size_t{32} << 10;

/// Every object is created with these: no times, links in the order of their creation, small
/// groups and attributes inside the object's header.
void set_object(hid_t properties) {
  H5Pset_obj_track_times(properties, false);
  H5Pset_attr_phase_change(properties, 64, 48);
}
void set_group(hid_t properties) {
  set_object(properties);
  H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_link_phase_change(properties, 32, 24);
}

h5::Handle dataset_properties() {
  h5::Handle p(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  set_object(p);
  return p;
}

}  // namespace

ArchiveWriter::ArchiveWriter(fs::path file)
    : file_name_(std::move(file)), what_("cannot write " + file_name_.string()) {
  const h5::Guard guard;
  h5::prepare();
  const h5::Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  set_group(creation);
  const h5::Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
  H5Pset_file_locking(access, false, true);
  H5Pset_alignment(access, 65536, 4096);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  file_ = {h5::check(H5Fcreate(file_name_.c_str(), H5F_ACC_TRUNC, creation, access), what_),
           H5Fclose};
  group_properties_ = {H5Pcreate(H5P_GROUP_CREATE), H5Pclose};
  set_group(group_properties_);
  string_type_ = h5::string_type();
  compact_ = dataset_properties();
  H5Pset_layout(compact_, H5D_COMPACT);
  contiguous_ = dataset_properties();
  H5Pset_layout(contiguous_, H5D_CONTIGUOUS);
  H5Pset_alloc_time(contiguous_, H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(contiguous_, H5D_FILL_TIME_NEVER);
  plain_ = dataset_properties();
}

ArchiveWriter::~ArchiveWriter() {
  const h5::Guard guard;
  datasets_.clear();
  groups_.clear();
  types_.clear();
  for (h5::Handle* h :
       {&plain_, &contiguous_, &compact_, &string_type_, &group_properties_, &file_})
    h->close();
}

hid_t ArchiveWriter::group(const std::string& path) {
  if (path.empty() || path == "/") return file_;
  const auto known = groups_.find(path);
  if (known != groups_.end()) return known->second;
  std::string leaf;
  const hid_t parent = parent_of(path, leaf);
  h5::Handle made(
      h5::check(H5Gcreate2(parent, leaf.c_str(), H5P_DEFAULT, group_properties_, H5P_DEFAULT),
                what_),
      H5Gclose);
  return groups_[path] = std::move(made);
}

hid_t ArchiveWriter::parent_of(const std::string& path, std::string& leaf) {
  const size_t slash = path.rfind('/');
  leaf = path.substr(slash == std::string::npos ? 0 : slash + 1);
  return group(slash == std::string::npos ? "" : path.substr(0, slash));
}

hid_t ArchiveWriter::type(assay_dtype dtype) {
  h5::Handle& t = types_[{dtype.code, dtype.bits}];
  if (t < 0) t = h5::type_of(dtype);
  return t;
}

hid_t ArchiveWriter::create(const std::string& path, const Layout& layout, hid_t properties) {
  std::string leaf;
  const hid_t parent = parent_of(path, leaf);
  const h5::Handle space = h5::space_of(layout.shape);
  const hid_t id = h5::check(H5Dcreate2(parent, leaf.c_str(), type(layout.dtype), space,
                                        H5P_DEFAULT, properties, H5P_DEFAULT),
                             what_ + ", " + path);
  datasets_[path] = {id, H5Dclose};
  return id;
}

hid_t ArchiveWriter::column(const std::string& path, const Layout& layout, const void* data,
                            Counts counts) {
  const h5::Guard guard;
  const size_t bytes = layout.bytes();
  h5::Handle chunked;
  hid_t properties = compact_;
  if (bytes > kCompact) {
    chunked = dataset_properties();
    std::vector<hsize_t> chunk(layout.shape.begin(), layout.shape.end());
    const size_t row = bytes / static_cast<size_t>(layout.shape[0]);
    chunk[0] = std::clamp<hsize_t>(kChunkBytes / std::max<size_t>(row, 1), 1,
                                   std::min<hsize_t>(chunk[0], kChunkRows));
    H5Pset_chunk(chunked, static_cast<int>(chunk.size()), chunk.data());
    H5Pset_shuffle(chunked);
    H5Pset_deflate(chunked, 1);
    H5Pset_fletcher32(chunked);
    properties = chunked;
  }
  const hid_t id = create(path, layout, properties);
  if (bytes > 0)
    h5::check_call(H5Dwrite(id, type(layout.dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, data), what_);
  note({path, layout.dtype, layout.shape, bytes, ContentHash().add(data, bytes).digest(),
        counts == Counts::yes});
  return id;
}

hid_t ArchiveWriter::tensor(const std::string& path, const Layout& layout, const void* data,
                            Counts counts) {
  const h5::Guard guard;
  const size_t bytes = layout.bytes();
  const hid_t id = create(path, layout, contiguous_);
  if (bytes > 0)
    h5::check_call(H5Dwrite(id, type(layout.dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, data), what_);
  note({path, layout.dtype, layout.shape, bytes, ContentHash().add(data, bytes).digest(),
        counts == Counts::yes});
  return id;
}

hid_t ArchiveWriter::strings(const std::string& path, const std::vector<int64_t>& shape,
                             const std::vector<std::string>& texts, Counts counts) {
  const h5::Guard guard;
  const Layout layout{assay_dtype{0, 0, 1}, shape};
  const hid_t id = create(path, layout, texts.size() * 16 > kCompact ? plain_ : compact_);
  std::vector<const char*> pointers;
  ContentHash hash;
  uint64_t bytes = 0;
  for (const std::string& text : texts) {
    pointers.push_back(text.c_str());
    hash.add_string(text);
    bytes += text.size();
  }
  if (!texts.empty())
    h5::check_call(H5Dwrite(id, string_type_, H5S_ALL, H5S_ALL, h5::transfer_for(texts.size()),
                            pointers.data()),
                   what_);
  note({path, layout.dtype, shape, bytes, hash.digest(), counts == Counts::yes});
  return id;
}

ArchiveWriter::Stream ArchiveWriter::stream(const std::string& path, const Layout& layout,
                                            Counts counts) {
  const h5::Guard guard;
  Stream s;
  const hid_t id = create(path, layout, contiguous_);
  s.writer_ = this;
  s.path_ = path;
  s.layout_ = layout;
  s.hash_ = std::make_unique<ContentHash>();
  s.counts_ = counts;
  if (layout.bytes() > 0) {
    const haddr_t at = H5Dget_offset(id);
    if (at == HADDR_UNDEF) throw Failure(what_ + ": " + h5::reason());
    s.at_ = at;
    // The place is reserved, and the library does not touch contiguous data that it did not write.
    void* handle = nullptr;
    if (H5Fget_vfd_handle(file_, H5P_DEFAULT, &handle) < 0 || handle == nullptr)
      throw Failure(what_ + ": " + h5::reason());
    s.fd_ = Descriptor(::fcntl(*static_cast<int*>(handle), F_DUPFD_CLOEXEC, 0));
  }
  return s;
}

void ArchiveWriter::Stream::add(const void* data, size_t bytes) {
  if (written_ + bytes > layout_.bytes())
    throw Failure(writer_->what_ + ": more bytes than the shape of " + path_ + " has");
  write_at(fd_, data, bytes, at_ + written_, writer_->file_name_);
  hash_->add(data, bytes);
  written_ += bytes;
}

void ArchiveWriter::Stream::finish() {
  if (written_ != layout_.bytes())
    throw Failure(writer_->what_ + ": fewer bytes than the shape of " + path_ + " has");
  writer_->note(
      {path_, layout_.dtype, layout_.shape, written_, hash_->digest(), counts_ == Counts::yes});
}

h5::Handle& ArchiveWriter::object(const std::string& path) {
  const auto it = datasets_.find(path);
  if (it == datasets_.end()) throw Failure(what_ + ": no dataset " + path);
  return it->second;
}

void ArchiveWriter::scale(const std::string& path) {
  const h5::Guard guard;
  h5::check_call(H5DSset_scale(object(path), path.substr(path.rfind('/') + 1).c_str()), what_);
}

void ArchiveWriter::attach(const std::string& data, const std::string& scale, unsigned dim) {
  const h5::Guard guard;
  h5::check_call(H5DSattach_scale(object(data), object(scale), dim), what_);
}

void ArchiveWriter::bare_dimension(const std::string& path, int64_t length) {
  const h5::Guard guard;
  const hid_t id = create(path, {assay_dtype{ASSAY_DT_FLOAT, 32, 1}, {length}}, plain_);
  char name[80];
  std::snprintf(name, sizeof name, "This is a netCDF dimension but not a netCDF variable.%10lld",
                static_cast<long long>(length));
  h5::check_call(H5DSset_scale(id, name), what_);
}

void ArchiveWriter::put_attribute(hid_t object, const std::string& name, const Json& value) {
  const h5::Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const auto put = [&](hid_t file_type, const void* data) {
    const h5::Handle id(
        h5::check(H5Acreate2(object, name.c_str(), file_type, space, H5P_DEFAULT, H5P_DEFAULT),
                  what_),
        H5Aclose);
    h5::check_call(H5Awrite(id, file_type, data), what_);
  };
  if (value.is_boolean()) {
    const auto v = static_cast<int8_t>(value.get<bool>());
    put(type({ASSAY_DT_BOOL, 8, 1}), &v);
  } else if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) {
    const auto v = value.get<uint64_t>();
    put(H5T_STD_U64LE, &v);
  } else if (value.is_number_integer()) {
    const auto v = value.get<int64_t>();
    put(H5T_STD_I64LE, &v);
  } else if (value.is_number_float()) {
    const auto v = value.get<double>();
    put(H5T_IEEE_F64LE, &v);
  } else {
    const std::string v = value.is_string() ? value.get<std::string>() : value.dump();
    const char* pointer = v.c_str();
    put(string_type_, &pointer);
  }
}

void ArchiveWriter::attributes(const std::string& path, const Json& values) {
  const h5::Guard guard;
  const auto dataset = datasets_.find(path);
  const hid_t id = dataset != datasets_.end() ? hid_t{dataset->second} : group(path);
  for (const auto& [name, value] : values.items()) {
    if (value.is_string() && value.get_ref<const std::string&>().size() > kLongString)
      strings(path + "/" + name, {}, {value.get<std::string>()}, Counts::no);
    else
      put_attribute(id, name, value);
  }
}

std::string digest_line(const std::string& path, assay_dtype dtype,
                        const std::vector<int64_t>& shape, const ContentHash::Digest& digest) {
  std::string line = path + '\0' + dtype_name(dtype) + '\0';
  for (size_t i = 0; i < shape.size(); ++i) line += (i > 0 ? "x" : "") + std::to_string(shape[i]);
  return line + '\0' + to_hex(digest) + '\n';
}

std::string ArchiveWriter::output_digest() const {
  std::vector<std::string> lines;
  for (const Stored& s : stored_)
    if (s.counts) lines.push_back(digest_line(s.path, s.dtype, s.shape, s.digest));
  std::sort(lines.begin(), lines.end());
  Sha256 hash;
  for (const std::string& line : lines) hash.add(line);
  return hex(hash.digest());
}

void ArchiveWriter::close() {
  const h5::Guard guard;
  datasets_.clear();
  groups_.clear();
  if (H5Fflush(file_, H5F_SCOPE_LOCAL) < 0) throw Failure(what_ + ": " + h5::reason());
  if (!file_.close()) throw Failure(what_ + ": " + h5::reason());
}

}  // namespace assay
