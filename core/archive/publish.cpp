// Journal to run.h5: which groups, datasets and attributes there are, and in which order.
#include "core/archive/archive.hpp"
#include "core/archive/archive_writer.hpp"
#include "core/archive/checkpoint.hpp"
#include "core/archive/journal_content.hpp"
#include "core/base/error.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace assay {
namespace {

using Counts = ArchiveWriter::Counts;
constexpr assay_dtype kI64{ASSAY_DT_INT, 64, 1}, kF64{ASSAY_DT_FLOAT, 64, 1},
    kU64{ASSAY_DT_UINT, 64, 1}, kU8{ASSAY_DT_UINT, 8, 1};
constexpr uint64_t kLargestArtifact = uint64_t{64} << 20;
constexpr size_t kPiece = size_t{1} << 20;

int64_t signed_size(size_t n) { return static_cast<int64_t>(n); }

/// What the method's schema says of an output: unit, doc and direction of its name or its family.
Json output_attributes(const Json& schema, const std::string& name) {
  Json out = Json::object();
  if (!schema.is_object()) return out;
  auto it = schema.find(name);
  for (size_t slash = name.rfind('/'); it == schema.end() && slash != std::string::npos;
       slash = slash == 0 ? std::string::npos : name.rfind('/', slash - 1))
    it = schema.find(name.substr(0, slash) + "/*");
  if (it == schema.end() || !it->is_object()) return out;
  for (const char* key : {"unit", "doc", "direction"})
    if (it->contains(key) && (*it)[key].is_string() && !(*it)[key].get<std::string>().empty())
      out[key] = (*it)[key];
  return out;
}

/// Writes one run's archive; each function writes one group.
class Publisher {
 public:
  Publisher(const fs::path& folder, const RunRecord& record, const fs::path& to)
      : folder_(folder),
        record_(record),
        scan_(scan_journal(folder)),
        content_(gather(folder, scan_)),
        out_(to) {}

  std::string write() {
    for (const auto& [name, metric] : content_.metrics) write_metric(name, metric);
    for (const auto& [name, table] : content_.tables) write_table(name, table);
    for (const auto& [name, series] : content_.arrays) write_array(name, series);
    for (const auto& [name, text] : content_.texts) write_text(name, text);
    std::set<std::string> checkpoints;
    for (const CheckpointMark& mark : scan_.checkpoints) checkpoints.insert(mark.name);
    for (const std::string& name : checkpoints)
      if (const CheckpointMark* mark = scan_.latest(name)) write_checkpoint(*mark);
    for (const auto& [name, file] : content_.files) write_artifact(name, file);
    const std::string digest = out_.output_digest();
    write_events();
    write_config();
    out_.attributes("provenance",
                    record_.provenance.is_object() ? record_.provenance : Json::object());
    write_checksums();
    write_root(digest);
    out_.close();
    return digest;
  }

  const std::map<std::string, JournalContent::File>& files() const { return content_.files; }

 private:
  void steps(const std::string& group, const std::vector<int64_t>& step) {
    out_.column(group + "/step", {kI64, {signed_size(step.size())}}, step.data(), Counts::yes);
    out_.scale(group + "/step");
  }

  void write_metric(const std::string& name, const JournalContent::Metric& m) {
    const std::string group = "metrics/" + name;
    const std::vector<int64_t> shape{signed_size(m.step.size())};
    steps(group, m.step);
    out_.column(group + "/time", {kF64, shape}, m.time.data(), Counts::no);
    out_.attach(group + "/time", group + "/step", 0);
    out_.column(group + "/value", {kF64, shape}, m.value.data(), Counts::yes);
    out_.attach(group + "/value", group + "/step", 0);
    out_.attributes(group + "/value", output_attributes(record_.schema, name));
  }

  void write_table(const std::string& name, const JournalContent::Table& table) {
    const std::string group = "tables/" + name;
    std::vector<int64_t> row(static_cast<size_t>(table.rows));
    std::iota(row.begin(), row.end(), int64_t{0});
    out_.column(group + "/row", {kI64, {table.rows}}, row.data(), Counts::no);
    out_.scale(group + "/row");
    for (const auto& [column, data] : table.columns) {
      const std::string path = group + "/" + column;
      if (data.row.dtype.bits == 0) {
        out_.strings(path, {table.rows}, data.strings, Counts::yes);
      } else {
        Layout layout = data.row;
        layout.shape.insert(layout.shape.begin(), table.rows);
        out_.column(path, layout, data.bytes.data(), Counts::yes);
      }
      out_.attach(path, group + "/row", 0);
      inner_dimensions(path, data.row.shape);
    }
    out_.attributes(group, output_attributes(record_.schema, name));
  }

  /// xarray opens a group only when every dimension in it has a scale.
  void inner_dimensions(const std::string& path, const std::vector<int64_t>& inner) {
    for (size_t d = 0; d < inner.size(); ++d) {
      const std::string dim = path + "_dim" + std::to_string(d + 1);
      out_.bare_dimension(dim, inner[d]);
      out_.attach(path, dim, static_cast<unsigned>(d + 1));
    }
  }

  void stream_piece(ArchiveWriter::Stream& stream, const JournalContent::Piece& p) {
    const fs::path path = p.file == 0 ? folder_ / "journal.wal"
                                      : folder_ / "spill" / (std::to_string(p.file) + ".bin");
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw Failure(why("cannot read", path));
    std::vector<std::byte> piece(std::min<uint64_t>(p.bytes, kPiece));
    ContentHash hash;
    for (uint64_t done = 0; done < p.bytes;) {
      const size_t n = std::min<uint64_t>(p.bytes - done, kPiece);
      if (read_at(fd, piece.data(), n, p.offset + done, path) != n)
        throw Failure(path.string() + " is cut short");
      hash.add(piece.data(), n);
      stream.add(piece.data(), n);
      done += n;
    }
    if (p.file != 0 && hash.digest() != p.digest)
      throw Failure(path.string() + " is damaged at byte " + std::to_string(p.offset));
  }

  void write_array(const std::string& name, const JournalContent::ArraySeries& series) {
    const std::string path = "arrays/" + name;
    // An array of the run as a whole that was written again replaces itself.
    const bool once = std::all_of(series.pieces.begin(), series.pieces.end(),
                                  [](const auto& p) { return p.step < 0; });
    if (once) {
      auto stream = out_.stream(path, series.layout, Counts::yes);
      stream_piece(stream, series.pieces.back());
      stream.finish();
      out_.attributes(path, output_attributes(record_.schema, name));
      return;
    }
    std::vector<int64_t> step;
    for (const auto& p : series.pieces) step.push_back(p.step);
    steps(path, step);
    Layout layout = series.layout;
    layout.shape.insert(layout.shape.begin(), signed_size(step.size()));
    auto stream = out_.stream(path + "/value", layout, Counts::yes);
    for (const auto& p : series.pieces) stream_piece(stream, p);
    stream.finish();
    out_.attach(path + "/value", path + "/step", 0);
    inner_dimensions(path + "/value", series.layout.shape);
    out_.attributes(path + "/value", output_attributes(record_.schema, name));
  }

  void write_text(const std::string& name, const JournalContent::Text& text) {
    const std::string path = "text/" + name;
    const bool once =
        std::all_of(text.step.begin(), text.step.end(), [](int64_t s) { return s < 0; });
    if (once) {
      out_.strings(path, {}, {text.value.back()}, Counts::yes);
      return;
    }
    steps(path, text.step);
    out_.strings(path + "/value", {signed_size(text.value.size())}, text.value, Counts::yes);
    out_.attach(path + "/value", path + "/step", 0);
  }

  void write_checkpoint(const CheckpointMark& mark) {
    const Checkpoint file(mark.file(folder_));
    if (file.index_digest() != mark.digest)
      throw Failure("the checkpoint " + mark.file(folder_).string() + " is not the recorded one");
    const std::string group = "checkpoints/" + mark.name + "/" + std::to_string(mark.step);
    for (size_t i = 0; i < file.items().size(); ++i) {
      const Archive::Item& item = file.items()[i];
      const std::string path = group + "/" + item.path;
      if (item.dtype.bits == 0) {
        const Array strings = file.read(item.path);
        out_.strings(path, item.shape, strings.strings, Counts::yes);
        continue;
      }
      auto stream = out_.stream(path, {item.dtype, item.shape}, Counts::yes);
      file.stream(i, [&](const std::byte* p, size_t n) { stream.add(p, n); });
      stream.finish();
    }
    if (file.items().empty()) out_.attributes(group, Json::object());
  }

  void write_artifact(const std::string& name, const JournalContent::File& file) {
    const std::string path = "artifacts/" + name;
    const JournalContent::Piece whole{-1, file.number, 0, file.bytes, file.digest};
    const bool inside = file.bytes <= kLargestArtifact;
    const Layout layout{kU8, {inside ? static_cast<int64_t>(file.bytes) : 0}};
    if (inside) {
      auto stream = out_.stream(path, layout, Counts::yes);
      stream_piece(stream, whole);
      stream.finish();
    } else {
      out_.tensor(path, layout, nullptr, Counts::no);
      out_.note({path, kU8, {static_cast<int64_t>(file.bytes)}, file.bytes, file.digest, true});
    }
    out_.attributes(path, {{"file", artifact_file(name, file.original).string()},
                           {"original", file.original},
                           {"bytes", file.bytes},
                           {"inside", inside},
                           {"xxh3_128", to_hex(file.digest)}});
  }

  void write_events() {
    if (content_.events.empty()) return;
    std::vector<double> time;
    std::vector<std::string> kind, text;
    for (const auto& e : content_.events) {
      time.push_back(e.time);
      kind.push_back(e.kind);
      text.push_back(e.text);
    }
    const std::vector<int64_t> shape{signed_size(time.size())};
    out_.column("events/time", {kF64, shape}, time.data(), Counts::no);
    out_.strings("events/kind", shape, kind, Counts::no);
    out_.strings("events/text", shape, text, Counts::no);
  }

  void write_config() {
    const auto put = [&](const std::string& name, const std::string& text) {
      out_.strings("config/" + name, {}, {text}, Counts::no);
    };
    put("experiment_toml", record_.experiment_toml);
    put("canonical_json", record_.canonical);
    put("params_json", record_.params.dump());
    put("inputs_json", record_.inputs.dump());
    put("outputs_json", record_.schema.dump());
  }

  void write_checksums() {
    std::vector<std::string> path;
    std::vector<uint64_t> bytes;
    std::vector<unsigned char> digest;
    for (const ArchiveWriter::Stored& s : out_.stored()) {
      path.push_back(s.path);
      bytes.push_back(s.bytes);
      digest.insert(digest.end(), s.digest.begin(), s.digest.end());
    }
    const int64_t n = signed_size(path.size());
    out_.strings("checksums/path", {n}, path, Counts::no);
    out_.column("checksums/bytes", {kU64, {n}}, bytes.data(), Counts::no);
    out_.column("checksums/xxh3_128", {kU8, {n, 16}}, digest.data(), Counts::no);
  }

  void write_root(const std::string& digest) {
    const bool diverged = scan_.ended && scan_.status == ASSAY_DIVERGED;
    out_.attributes("/", {{"assay_format", "run"},
                          {"assay_schema", "1.0"},
                          {"run_id", record_.id},
                          {"plugin", record_.plugin},
                          {"method", record_.method},
                          {"identity", record_.identity},
                          {"seed", record_.seed},
                          {"state", record_.state},
                          {"outcome", diverged ? "diverged" : "ok"},
                          {"message", record_.message.empty() ? scan_.message : record_.message},
                          {"attempt", std::max(scan_.attempt, 1)},
                          {"created", scan_.started},
                          {"finished", content_.finished},
                          {"journal_end", scan_.present ? scan_.end : 0},
                          {"resumable", scan_.resume_offset() > sizeof(wire::Header)},
                          {"output_digest", digest}});
  }

  const fs::path folder_;
  const RunRecord& record_;
  const JournalScan scan_;
  const JournalContent content_;
  ArchiveWriter out_;
};

/// Puts the files that a run wrote where other runs find them.
void link_artifacts(const fs::path& folder,
                    const std::map<std::string, JournalContent::File>& files) {
  for (const auto& [name, file] : files) {
    const fs::path from = folder / "spill" / (std::to_string(file.number) + ".bin");
    const fs::path to = folder / artifact_file(name, file.original);
    make_folder(to.parent_path());
    const fs::path beside = to.parent_path() / ("." + to.filename().string() + ".tmp");
    ::unlink(beside.c_str());
    std::error_code error;
    fs::create_hard_link(from, beside, error);
    if (error) fs::copy_file(from, beside, error);
    if (error) throw Failure("cannot write " + to.string() + ": " + error.message());
    publish_file(beside, to);
  }
}

}  // namespace

fs::path artifact_file(const std::string& name, const std::string& original) {
  const std::string extension = fs::path(original).extension().string();
  const bool plain = extension.size() <= 16 &&
                     std::all_of(extension.begin(), extension.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0 || c == '.'; });
  return fs::path("artifacts") / (name + (plain ? extension : ""));
}

std::string publish(const fs::path& folder, const RunRecord& record) {
  const fs::path to = folder / "run.h5";
  const fs::path beside = folder / (".run.h5.tmp" + std::to_string(::getpid()));
  std::string digest;
  try {
    Publisher publisher(folder, record, beside);
    digest = publisher.write();
    link_artifacts(folder, publisher.files());
    publish_file(beside, to);
  } catch (...) {
    // The library may keep a file open that it could not write: its space is given back here.
    if (::truncate(beside.c_str(), 0) != 0) errno = 0;
    ::unlink(beside.c_str());
    throw;
  }
  if (record.state == "complete") remove_consumed(folder);
  return digest;
}

void remove_consumed(const fs::path& folder) {
  std::error_code ignored;  // what stays costs space and is removed by the next recovery
  fs::remove_all(folder / "ckpt", ignored);
  fs::remove_all(folder / "spill", ignored);
  fs::remove(folder / "run.json", ignored);
  fs::remove(folder / "journal.wal", ignored);  // last: while it is there, recovery looks here
}

}  // namespace assay
