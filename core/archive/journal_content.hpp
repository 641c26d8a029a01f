// What a journal holds, gathered by name for the archive.
#pragma once
#include "core/archive/hash.hpp"
#include "core/archive/journal_reader.hpp"

#include <map>
#include <string>
#include <vector>

namespace assay {

struct JournalContent {
  struct Metric {
    std::vector<int64_t> step;
    std::vector<double> time, value;
  };
  struct ColumnData {
    Layout row;  // of one row
    std::vector<std::byte> bytes;
    std::vector<std::string> strings;
  };
  struct Table {
    int64_t rows = 0;
    std::vector<std::pair<std::string, ColumnData>> columns;
  };
  struct Piece {  // one array: in the journal, or spilled
    int64_t step;
    uint64_t file, offset, bytes;  // file == 0: the journal
    ContentHash::Digest digest;    // of a spilled one
  };
  struct ArraySeries {
    Layout layout;
    std::vector<Piece> pieces;
  };
  struct Text {
    std::vector<int64_t> step;
    std::vector<std::string> value;
  };
  struct File {
    uint64_t number, bytes;
    ContentHash::Digest digest;
    std::string original;  // the name of the file that the plugin gave
  };
  struct Event {
    double time;
    std::string kind, text;
  };
  std::map<std::string, Metric> metrics;
  std::map<std::string, Table> tables;
  std::map<std::string, ArraySeries> arrays;
  std::map<std::string, Text> texts;
  std::map<std::string, File> files;
  std::vector<Event> events;
  double finished = 0;  // of END, or of the last record that has a time
};

/// Reads what counts. Texts are storable().
JournalContent gather(const fs::path& folder, const JournalScan& scan);

}  // namespace assay
