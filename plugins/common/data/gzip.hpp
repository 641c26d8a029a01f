// Unpacking gzip and raw deflate with zlib.
#pragma once
#include "plugins/common/data/bytes.hpp"

namespace assay::data {

/// Does it begin with gzip's two magic bytes?
bool is_gzip(View bytes);

/// All members of a gzip file. Malformed if it is cut off, corrupt or followed by something else.
Bytes gunzip(View bytes, const std::string& path);

/// A raw deflate stream that unpacks to exactly `size` bytes; else malformed.
Bytes inflate_raw(View bytes, size_t size, const std::string& path);

}  // namespace assay::data
