#include "core/archive/hdf5.hpp"
#include "core/base/error.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>

namespace assay::h5 {
namespace {

/// Half-precision forms of IEEE_F32LE; the order of the calls matters.
Handle small_float(size_t exponent_bits, size_t mantissa_bits, size_t bias) {
  Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
  H5Tset_fields(type, 15, mantissa_bits, exponent_bits, 0, mantissa_bits);
  H5Tset_size(type, 2);
  H5Tset_ebias(type, bias);
  return type;
}

Handle bool_type() {
  Handle type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
  const int8_t no = 0, yes = 1;
  H5Tenum_insert(type, "FALSE", &no);
  H5Tenum_insert(type, "TRUE", &yes);
  return type;
}

hid_t standard_type(assay_dtype t) {
  const bool is_signed = t.code == ASSAY_DT_INT;
  if (t.code == ASSAY_DT_FLOAT) return t.bits == 32 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
  switch (t.bits) {
    case 8: return is_signed ? H5T_STD_I8LE : H5T_STD_U8LE;
    case 16: return is_signed ? H5T_STD_I16LE : H5T_STD_U16LE;
    case 32: return is_signed ? H5T_STD_I32LE : H5T_STD_U32LE;
    default: return is_signed ? H5T_STD_I64LE : H5T_STD_U64LE;
  }
}

bool is_bool(hid_t type) {
  if (H5Tget_nmembers(type) != 2 || H5Tget_size(type) != 1) return false;
  bool is = true;
  for (unsigned i = 0; i < 2; ++i) {
    char* name = H5Tget_member_name(type, i);
    is = is && name != nullptr && std::strcmp(name, i == 0 ? "FALSE" : "TRUE") == 0;
    H5free_memory(name);
  }
  return is;
}

herr_t keep_deepest(unsigned, const H5E_error2_t* error, void* out) {
  auto& text = *static_cast<std::string*>(out);
  const std::string description = error->desc == nullptr ? "" : error->desc;
  // "..., errno = 28, error message = 'No space left on device', ..."
  static constexpr char kMark[] = "error message = '";
  if (const size_t at = description.find(kMark); at != std::string::npos) {
    const size_t from = at + sizeof kMark - 1;
    text = description.substr(from, description.find('\'', from) - from);
    return 1;
  }
  if (!description.empty()) text = description;
  return 0;
}

std::recursive_mutex& library() {
  static std::recursive_mutex mutex;
  return mutex;
}

}  // namespace

Guard::Guard() { library().lock(); }
Guard::~Guard() { library().unlock(); }

void prepare() {
  static std::once_flag once;
  std::call_once(once, [] {
    H5dont_atexit();  // a file that a full disk kept from closing is given up, not tried again
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    H5PLset_loading_state(0);
  });
}

std::string reason() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_deepest, &text);
  return text.empty() ? "the HDF5 library gives no reason" : text;
}

hid_t check(hid_t result, const std::string& what) {
  if (result < 0) throw Failure(what + ": " + reason());
  return result;
}

Handle type_of(assay_dtype t) {
  if (t.bits == 0) return string_type();
  if (t.code == ASSAY_DT_BFLOAT) return small_float(8, 7, 127);
  if (t.code == ASSAY_DT_FLOAT && t.bits == 16) return small_float(5, 10, 15);
  if (t.code == ASSAY_DT_BOOL) return bool_type();
  return {H5Tcopy(standard_type(t)), H5Tclose};
}

Handle string_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

bool dtype_of(hid_t type, assay_dtype& dtype) {
  const auto bits = static_cast<uint8_t>(8 * H5Tget_size(type));
  switch (H5Tget_class(type)) {
    case H5T_STRING: dtype = {0, 0, 1}; return true;
    case H5T_INTEGER:
      dtype = {static_cast<uint8_t>(H5Tget_sign(type) == H5T_SGN_2 ? ASSAY_DT_INT : ASSAY_DT_UINT),
               bits, 1};
      return bits == 8 || bits == 16 || bits == 32 || bits == 64;
    case H5T_FLOAT: {
      size_t sign, exponent, exponent_bits, mantissa, mantissa_bits;
      H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits);
      const bool brain = bits == 16 && exponent_bits == 8 && mantissa_bits == 7;
      dtype = {static_cast<uint8_t>(brain ? ASSAY_DT_BFLOAT : ASSAY_DT_FLOAT), bits, 1};
      return brain || (bits == 16 && exponent_bits == 5) || bits == 32 || bits == 64;
    }
    case H5T_ENUM: dtype = {ASSAY_DT_BOOL, 8, 1}; return is_bool(type);
    default: return false;
  }
}

Handle transfer_for(size_t elements) {
  Handle p(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  const size_t bytes = std::min(elements, size_t{65536}) * 16;
  H5Pset_buffer(p, std::max(bytes, size_t{1024}), nullptr, nullptr);
  return p;
}

Handle space_of(const std::vector<int64_t>& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose};
}

std::vector<int64_t> shape_of(hid_t space) {
  const int n = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> dims(static_cast<size_t>(n < 0 ? 0 : n));
  if (n > 0) H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  return {dims.begin(), dims.end()};
}

}  // namespace assay::h5
