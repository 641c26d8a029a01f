#include "core/archive/checkpoint.hpp"
#include "core/archive/checkpoint_format.hpp"
#include "core/archive/hash.hpp"
#include "core/base/error.hpp"

#include <algorithm>
#include <cstring>

namespace assay {
namespace {

constexpr size_t kPiece = size_t{1} << 20;

}  // namespace

Checkpoint::Checkpoint(const fs::path& file) : file_(file) {
  fd_ = Descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_) throw Failure(why("cannot read", file));
  const auto damaged = [&] { return Failure("the checkpoint " + file.string() + " is damaged"); };
  ckpt::Header header{};
  fetch(&header, sizeof header, 0);
  if (std::memcmp(header.magic, ckpt::kMagic, sizeof ckpt::kMagic) != 0 ||
      header.version != ckpt::kVersion || header.endian_mark != wire::kEndianMark ||
      header.index_bytes > (uint64_t{1} << 32))
    throw damaged();
  step_ = header.step;
  std::vector<std::byte> index(header.index_bytes);
  fetch(index.data(), index.size(), header.index_offset);
  index_digest_ = hash64(index.data(), index.size());
  if (index_digest_ != header.index_digest) throw damaged();
  wire::Take take(index.data(), index.size());
  for (uint64_t i = 0; i < header.count; ++i) {
    Archive::Item item;
    item.path = wire::take_name(take);
    Layout layout = wire::take_layout(take);
    item.dtype = layout.dtype;
    item.shape = std::move(layout.shape);
    Place place{};
    place.offset = take.value<uint64_t>();
    place.bytes = take.value<uint64_t>();
    std::memcpy(place.digest.data(), take.bytes(16).data(), take.ok() ? 16 : 0);
    if (!take.ok()) throw damaged();
    items_.push_back(std::move(item));
    places_.push_back(place);
  }
}

void Checkpoint::fetch(void* to, size_t bytes, uint64_t offset) const {
  if (read_at(fd_, to, bytes, offset, file_) != bytes)
    throw Failure("the checkpoint " + file_.string() + " is cut short");
}

bool Checkpoint::has(const std::string& key) const {
  return std::any_of(items_.begin(), items_.end(), [&](const auto& i) { return i.path == key; });
}

size_t Checkpoint::find(const std::string& key) const {
  for (size_t i = 0; i < items_.size(); ++i)
    if (items_[i].path == key) return i;
  throw Failure("the checkpoint " + file_.string() + " has no entry \"" + key + "\"");
}

void Checkpoint::stream_pieces(size_t item, void (*take)(void*, const std::byte*, size_t),
                               void* state) const {
  const Place& place = places_[item];
  std::vector<std::byte> piece(std::min<uint64_t>(place.bytes, kPiece));
  ContentHash hash;
  for (uint64_t done = 0; done < place.bytes;) {
    const size_t n = std::min<uint64_t>(place.bytes - done, kPiece);
    fetch(piece.data(), n, place.offset + done);
    hash.add(piece.data(), n);
    take(state, piece.data(), n);
    done += n;
  }
  if (hash.digest() != place.digest)
    throw Failure("the entry \"" + items_[item].path + "\" of " + file_.string() + " is damaged");
}

void Checkpoint::read_into(const std::string& key, void* data, size_t bytes) const {
  const size_t i = find(key);
  if (items_[i].dtype.bits == 0 || places_[i].bytes != bytes)
    throw Failure("the entry \"" + key + "\" of " + file_.string() + " does not have " +
                  std::to_string(bytes) + " bytes");
  fetch(data, bytes, places_[i].offset);
  if (ContentHash().add(data, bytes).digest() != places_[i].digest)
    throw Failure("the entry \"" + key + "\" of " + file_.string() + " is damaged");
}

Array Checkpoint::read(const std::string& key) const {
  const size_t i = find(key);
  Array array;
  array.dtype = items_[i].dtype;
  array.shape = items_[i].shape;
  std::vector<std::byte> bytes;
  bytes.reserve(places_[i].bytes);
  stream(i, [&](const std::byte* p, size_t n) { bytes.insert(bytes.end(), p, p + n); });
  if (!array.is_strings()) {
    array.bytes = std::move(bytes);
    return array;
  }
  wire::Take take(bytes.data(), bytes.size());
  for (int64_t s = 0; s < array.shape.at(0); ++s)
    array.strings.emplace_back(take.bytes(take.value<uint64_t>()));
  return array;
}

}  // namespace assay
