#include "core/archive/journal_content.hpp"
#include "core/archive/names.hpp"

#include <algorithm>

namespace assay {
namespace {

using Record = JournalReader::Record;

class Gatherer {
 public:
  Gatherer(const JournalScan& scan, JournalContent& out) : scan_(scan), out_(out) {}

  void apply(const Record& record) {
    wire::Take take = record.take();
    switch (record.type) {
      case wire::kScalar: return scalar(take);
      case wire::kRows: return rows(take);
      case wire::kArray: return array(take, record);
      case wire::kSpilled: return spilled(take);
      case wire::kText: return text(take);
      case wire::kFile: return file(take);
      case wire::kEvent: return event(take);
      case wire::kEnd:
        take.value<int32_t>();
        out_.finished = take.value<double>();
        return;
      default: return;
    }
  }

 private:
  const wire::Definition* definition(wire::Take& take) const {
    const auto it = scan_.definitions.find(take.value<uint32_t>());
    return it == scan_.definitions.end() ? nullptr : &it->second;
  }

  void scalar(wire::Take& take) {
    const auto id = take.value<uint32_t>();
    if (id >= by_id_.size()) by_id_.resize(id + 1);
    if (by_id_[id] == nullptr) {
      const auto it = scan_.definitions.find(id);
      if (it == scan_.definitions.end()) return;
      by_id_[id] = &out_.metrics[it->second.name];
    }
    JournalContent::Metric& m = *by_id_[id];
    m.step.push_back(take.value<int64_t>());
    m.time.push_back(take.value<double>());
    m.value.push_back(take.value<double>());
    out_.finished = m.time.back();
  }

  void rows(wire::Take& take) {
    const wire::Definition* d = definition(take);
    const auto count = take.value<uint64_t>();
    if (d == nullptr) return;
    JournalContent::Table& table = out_.tables[d->name];
    bool same = table.columns.size() == d->columns.size();
    for (size_t i = 0; same && i < table.columns.size(); ++i)
      same = table.columns[i].first == d->columns[i].name &&
             table.columns[i].second.row == d->columns[i].layout;
    if (!same) {  // a rebuilt plugin resumed with other columns: its rows count
      table = {};
      for (const wire::Column& c : d->columns)
        table.columns.emplace_back(c.name, JournalContent::ColumnData{c.layout, {}, {}});
    }
    table.rows += static_cast<int64_t>(count);
    for (auto& [name, column] : table.columns) {
      if (column.row.dtype.bits == 0) {
        for (uint64_t i = 0; i < count && take.ok(); ++i)
          column.strings.push_back(storable(take.bytes(take.value<uint32_t>())));
        continue;
      }
      const std::string_view part = take.bytes(column.row.bytes() * count);
      const auto* from = reinterpret_cast<const std::byte*>(part.data());
      column.bytes.insert(column.bytes.end(), from, from + part.size());
    }
  }

  JournalContent::ArraySeries* series(const wire::Definition* d) {
    if (d == nullptr || d->columns.empty()) return nullptr;
    JournalContent::ArraySeries& s = out_.arrays[d->name];
    if (s.pieces.empty() || !(s.layout == d->columns[0].layout)) s = {d->columns[0].layout, {}};
    return &s;
  }
  void array(wire::Take& take, const Record& record) {
    JournalContent::ArraySeries* s = series(definition(take));
    const auto step = take.value<int64_t>();
    if (s == nullptr) return;
    s->pieces.push_back({step, 0, record.offset + wire::kPrefixBytes + 12, take.left(), {}});
  }
  void spilled(wire::Take& take) {
    JournalContent::ArraySeries* s = series(definition(take));
    JournalContent::Piece p{};
    p.step = take.value<int64_t>();
    p.file = take.value<uint64_t>();
    p.offset = take.value<uint64_t>();
    p.bytes = take.value<uint64_t>();
    p.digest = take.value<ContentHash::Digest>();
    if (s != nullptr) s->pieces.push_back(p);
  }

  void text(wire::Take& take) {
    const wire::Definition* d = definition(take);
    if (d == nullptr) return;
    JournalContent::Text& t = out_.texts[d->name];
    t.step.push_back(take.value<int64_t>());
    t.value.push_back(storable(take.rest()));
  }

  void file(wire::Take& take) {
    const wire::Definition* d = definition(take);
    if (d == nullptr) return;
    JournalContent::File f{};
    f.number = take.value<uint64_t>();
    f.bytes = take.value<uint64_t>();
    f.digest = take.value<ContentHash::Digest>();
    f.original = std::string(take.rest());
    out_.files[d->name] = std::move(f);
  }

  void event(wire::Take& take) {
    const auto kind = take.value<uint32_t>();
    JournalContent::Event e;
    e.time = take.value<double>();
    e.kind = storable(take.bytes(kind));
    e.text = storable(take.rest());
    out_.finished = e.time;
    out_.events.push_back(std::move(e));
  }

  const JournalScan& scan_;
  JournalContent& out_;
  std::vector<JournalContent::Metric*> by_id_;
};

}  // namespace

JournalContent gather(const fs::path& folder, const JournalScan& scan) {
  JournalContent content;
  content.finished = scan.started;
  JournalReader reader(folder);
  if (!reader.is_open()) return content;
  Gatherer gatherer(scan, content);
  for (const auto& [from, to] : scan.ranges) {
    reader.seek(from);
    while (reader.position() < to) {
      const auto record = reader.next();
      if (!record) break;
      gatherer.apply(*record);
    }
  }
  return content;
}

}  // namespace assay
