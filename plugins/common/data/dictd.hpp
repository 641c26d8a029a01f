// Dictionaries in the format of dictd: an index of headwords, and one file of all entries.
#pragma once
#include "plugins/common/data/bytes.hpp"

#include <functional>

namespace assay::data {

struct DictionaryEntry {
  int64_t line = 0;       // in the index
  std::string_view word;  // the headword
  std::string_view text;  // bytes of the dictionary
  uint64_t offset = 0;    // of the text in the unpacked dictionary
};

/// Calls `visit` with the entries in the order of the index, until it returns false. A line of the
/// index is headword, offset and length, parted by tabs, the numbers in dictd's base 64; entries of
/// the database itself (00-database-..., 00database...) and those whose text was already visited
/// under another headword are left out. Malformed: another line, an entry beyond the dictionary.
bool for_each_entry(std::string_view index, const std::string& index_path, View dictionary,
                    const std::function<bool(const DictionaryEntry&)>& visit);

}  // namespace assay::data
