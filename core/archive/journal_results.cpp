// The larger results of a run: tables, arrays, texts, files, checkpoints.
#include "core/archive/hash.hpp"
#include "core/archive/journal_writer.hpp"
#include "core/archive/names.hpp"
#include "core/base/error.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace assay {
namespace {

constexpr size_t kInlineArray = size_t{1} << 20;
constexpr size_t kLargestRows = size_t{1} << 30;  // bytes of one record

/// A table's columns without their rows, of which all must have as many.
std::vector<wire::Column> columns_of(const std::string& table, size_t count,
                                     const assay_column* columns, size_t& rows) {
  if (count == 0) throw std::invalid_argument(table + ": rows without columns");
  std::vector<wire::Column> out;
  for (size_t i = 0; i < count; ++i) {
    const std::string name = columns[i].name == nullptr ? "" : columns[i].name;
    wire::Column column{name, layout_of(table + "." + name, columns[i])};
    std::vector<int64_t>& shape = column.layout.shape;
    if (shape.empty())
      throw std::invalid_argument(table + "." + name + ": a column has at least one dimension");
    if (i == 0) rows = static_cast<size_t>(shape[0]);
    if (shape[0] != static_cast<int64_t>(rows))
      throw std::invalid_argument(table + "." + name + ": " + std::to_string(shape[0]) +
                                  " rows, where \"" + out[0].name + "\" has " +
                                  std::to_string(rows));
    shape.erase(shape.begin());
    out.push_back(std::move(column));
  }
  return out;
}

std::string show(const std::vector<wire::Column>& columns) {
  std::string out;
  for (const wire::Column& c : columns) {
    out += (out.empty() ? "" : ", ") + c.name + (c.name.empty() ? "" : " ");
    out += dtype_name(c.layout.dtype);
    for (const int64_t d : c.layout.shape) out += "[" + std::to_string(d) + "]";
  }
  return out;
}

void check_columns(const std::string& table, const std::vector<wire::Column>& columns) {
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string& name = columns[i].name;
    if (const std::string e = name_error(name); !e.empty() || name.find('/') != std::string::npos)
      throw std::invalid_argument(table + ": \"" + name + "\" cannot name a column");
    for (size_t j = 0; j < i; ++j)
      if (columns[j].name == name)
        throw std::invalid_argument(table + ": two columns are named \"" + name + "\"");
    if (name == "row") throw std::invalid_argument(table + ": a column cannot be named \"row\"");
  }
}

size_t column_bytes(const assay_column& c, const wire::Column& known, size_t rows) {
  if (c.strings == nullptr) return known.layout.bytes() * rows;
  size_t n = 0;
  for (size_t i = 0; i < rows; ++i) n += 4 + std::strlen(c.strings[i]);
  return n;
}

void put_column(wire::Put& put, const assay_column& c, const wire::Column& known, size_t rows) {
  if (c.strings == nullptr) {
    Layout whole = known.layout;
    whole.shape.insert(whole.shape.begin(), static_cast<int64_t>(rows));
    copy_elements(c.data, whole, put.at());
    put.skip(whole.bytes());
    return;
  }
  for (size_t i = 0; i < rows; ++i) {
    const std::string_view text(c.strings[i]);
    put.value(static_cast<uint32_t>(text.size())).bytes(text);
  }
}

/// Rows [from, from + n) of a column, without a copy.
assay_column slice(const assay_column& column, std::vector<int64_t>& shape, size_t from, size_t n) {
  assay_column part = column;
  shape.assign(column.data.shape, column.data.shape + column.data.ndim);
  const int64_t stride =
      column.data.strides != nullptr
          ? column.data.strides[0]
          : std::accumulate(shape.begin() + 1, shape.end(), int64_t{1}, std::multiplies<>());
  shape[0] = static_cast<int64_t>(n);
  part.data.shape = shape.data();
  if (column.strings != nullptr)
    part.strings += from;
  else
    part.data.byte_offset += static_cast<uint64_t>(
        static_cast<int64_t>(from) * stride * static_cast<int64_t>(column.data.dtype.bits / 8));
  return part;
}

}  // namespace

/// Appends checked rows; more than a record holds become several.
void JournalWriter::Impl::put_rows(uint32_t id, const std::vector<wire::Column>& known,
                                   size_t rows_count, const assay_column* columns) {
  size_t bytes = 12;
  for (size_t i = 0; i < known.size(); ++i) bytes += column_bytes(columns[i], known[i], rows_count);
  if (bytes > kLargestRows && rows_count > 1) {
    const size_t half = rows_count / 2;
    for (const auto& [from, n] : {std::pair{size_t{0}, half}, {half, rows_count - half}}) {
      std::vector<std::vector<int64_t>> shapes(known.size());
      std::vector<assay_column> part;
      for (size_t i = 0; i < known.size(); ++i)
        part.push_back(slice(columns[i], shapes[i], from, n));
      put_rows(id, known, n, part.data());
    }
    return;
  }
  wire::Put put(file->reserve(bytes));
  put.value(id).value(uint64_t{rows_count});
  for (size_t i = 0; i < known.size(); ++i) put_column(put, columns[i], known[i], rows_count);
  file->commit(wire::kRows);
}

void JournalWriter::rows(std::string_view table, size_t count, const assay_column* columns) {
  Impl& d = *impl_;
  const std::string who(table);
  size_t n = 0;
  std::vector<wire::Column> given = columns_of(who, count, columns, n);
  const std::lock_guard lock(d.mutex);
  if (!d.decided) d.decide();
  const wire::Definition* known = d.find(wire::kTable, table);
  if (known == nullptr) {
    check_columns(who, given);
    d.define(wire::kTable, table, given);
    known = d.find(wire::kTable, table);
  } else if (known->columns != given) {
    throw std::invalid_argument(who + ": these columns (" + show(given) +
                                ") are not those of the first rows (" + show(known->columns) + ")");
  }
  d.put_rows(known->id, known->columns, n, columns);
  if (wall_seconds() > d.wake_at) d.wake();
}

uint64_t JournalWriter::Impl::spill_bytes(const void* data, size_t bytes) {
  const fs::path path = folder / "spill";
  if (spill == nullptr) {
    make_folder(path);
    spill_file = next_file++;
    spill = std::make_shared<Descriptor>(create_file(path / (std::to_string(spill_file) + ".bin")));
    spill_used = 0;
  }
  write_at(*spill, data, bytes, spill_used, path / (std::to_string(spill_file) + ".bin"));
  const uint64_t at = spill_used;
  spill_used += (bytes + 63) & ~size_t{63};
  return at;
}

void JournalWriter::array(std::string_view name, int64_t step, const assay_tensor& tensor) {
  Impl& d = *impl_;
  const std::string who(name);
  const Layout layout = layout_of(who, tensor);
  const size_t bytes = layout.bytes();
  std::vector<std::byte> copy;
  const void* data = nullptr;
  ContentHash hash;
  if (bytes > kInlineArray) {  // hashed outside the lock
    data = static_cast<const std::byte*>(tensor.data) + tensor.byte_offset;
    if (!is_row_major(tensor)) {
      copy.resize(bytes);
      copy_elements(tensor, layout, copy.data());
      data = copy.data();
    }
    hash.add(data, bytes);
  }
  const std::lock_guard lock(d.mutex);
  if (!d.decided) d.decide();
  const wire::Definition* known = d.find(wire::kArrayName, name);
  if (known != nullptr && !(known->columns.at(0).layout == layout))
    throw std::invalid_argument(who + ": " + show({{"", layout}}) + " is not the first array's " +
                                show(known->columns));
  const uint32_t id =
      known != nullptr ? known->id : d.define(wire::kArrayName, name, {{"", layout}});
  if (bytes > kInlineArray) {
    const uint64_t at = d.spill_bytes(data, bytes);
    wire::Put put(d.file->reserve(52));
    put.value(id).value(step).value(d.spill_file).value(at).value(uint64_t{bytes});
    put.value(hash.digest());
    d.file->commit(wire::kSpilled);
  } else {
    std::byte* at = d.file->reserve(12 + bytes);
    wire::Put(at).value(id).value(step);
    copy_elements(tensor, layout, at + 12);
    d.file->commit(wire::kArray);
  }
  if (wall_seconds() > d.wake_at) d.wake();
}

void JournalWriter::text(std::string_view name, int64_t step, std::string_view text) {
  Impl& d = *impl_;
  const std::lock_guard lock(d.mutex);
  if (!d.decided) d.decide();
  const uint32_t id = d.id_of(wire::kTextName, name);
  wire::Put(d.file->reserve(12 + text.size())).value(id).value(step).bytes(text);
  d.file->commit(wire::kText);
  if (wall_seconds() > d.wake_at) d.wake();
}

void JournalWriter::file(std::string_view name, const fs::path& path) {
  Impl& d = *impl_;
  const Descriptor from(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from || !fs::is_regular_file(path))
    throw std::invalid_argument(std::string(name) + ": " + path.string() +
                                " is not a readable file");
  const std::lock_guard lock(d.mutex);
  if (!d.decided) d.decide();
  const uint32_t id = d.id_of(wire::kArtifact, name);
  const uint64_t number = d.next_file++;
  make_folder(d.folder / "spill");
  const fs::path to = d.folder / "spill" / (std::to_string(number) + ".bin");
  const Descriptor out = create_file(to);
  ContentHash hash;
  std::vector<char> piece(size_t{1} << 20);
  uint64_t bytes = 0;
  while (const size_t n = read_at(from, piece.data(), piece.size(), bytes, path)) {
    hash.add(piece.data(), n);
    write_at(out, piece.data(), n, bytes, to);
    bytes += n;
  }
  const std::string original = path.filename().string();
  wire::Put put(d.file->reserve(36 + original.size()));
  put.value(id).value(number).value(bytes).value(hash.digest()).bytes(original);
  d.file->commit(wire::kFile);
}

void JournalWriter::save(std::string_view checkpoint, int64_t step, size_t count,
                         const assay_column* columns) {
  Impl& d = *impl_;
  const std::lock_guard saving(d.save_mutex);
  d.writer->rethrow();
  auto buffer = std::make_shared<CheckpointBuffer>(std::string(checkpoint), step, count, columns,
                                                   d.writer->take_spare());
  CheckpointMark mark;
  mark.name = checkpoint;
  mark.step = step;
  {
    const std::lock_guard lock(d.mutex);
    if (!d.decided) d.decide();
    const uint32_t id = d.id_of(wire::kCheckpoint, checkpoint);
    wire::Put(d.file->reserve(12)).value(id).value(step);
    mark.begin = d.file->commit(wire::kBegin);
    mark.after = d.file->tail();
  }
  d.writer->submit(std::move(mark), buffer);
  buffer->copy(columns);
}

std::optional<fs::path> JournalWriter::checkpoint(std::string_view name) {
  Impl& d = *impl_;
  const std::vector<CheckpointMark> marks = d.writer->marks();
  const size_t earlier = d.earlier_marks;
  const std::lock_guard lock(d.mutex);
  const bool saved = marks.size() > earlier;
  for (size_t i = marks.size(); i-- > 0;) {
    const CheckpointMark& mark = marks[i];
    if (!mark.durable || mark.name != name) continue;
    if (i >= earlier) return mark.file(d.folder);
    // Once this attempt has saved, what it did not continue from is void.
    if (saved && mark.after > d.resumed_at) return std::nullopt;
    if (!d.decided || mark.after > d.resumed_at) {
      if (mark.after != d.resumed_at) d.resume(mark.after, true);
      d.decided = true;
    }
    return mark.file(d.folder);
  }
  return std::nullopt;
}

}  // namespace assay
