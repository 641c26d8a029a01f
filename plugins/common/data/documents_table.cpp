// Documents from tables: comma- or tab-separated values.
#include "plugins/common/data/document_formats.hpp"
#include "plugins/common/data/table_reader.hpp"

#include <algorithm>

namespace assay::data {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "\"" : ", \"") + name + '"';
  return text;
}

/// The index of a column; -1 for "".
int find(const std::vector<std::string>& columns, const std::string& name,
         const TableReader& table) {
  if (name.empty()) return -1;
  const auto count = std::count(columns.begin(), columns.end(), name);
  if (count > 1) table.wrong("names the column \"" + name + "\" twice");
  if (count == 0)
    table.wrong("belongs to a table without the column \"" + name + "\"; it has " +
                listed(columns));
  return static_cast<int>(std::find(columns.begin(), columns.end(), name) - columns.begin());
}

std::string normal_lines(std::string text) {
  size_t to = 0;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') text[to++] = text[i];
  text.resize(to);
  return text;
}
}  // namespace

bool documents_of_table(DocumentFile file, const DocumentOptions& options, const Visit& visit) {
  const bool tabs = options.format == Format::tsv;
  const char separator = options.separator != '\0' ? options.separator : tabs ? '\t' : ',';
  TableReader table(file.text, separator, options.quotes.value_or(!tabs));
  std::vector<std::string> columns = options.columns, row;
  if (columns.empty() && !table.next(columns)) return true;
  const int text = find(columns, options.text, table), id = find(columns, options.id, table),
            group = find(columns, options.group, table);
  std::vector<int> fields;
  for (const auto& name : options.fields) fields.push_back(find(columns, name, table));
  const auto cell = [&](int column) { return normal_lines(row[static_cast<size_t>(column)]); };
  while (table.next(row)) {
    if (row.size() != columns.size())
      table.wrong("has " + std::to_string(row.size()) + " fields; the table has the " +
                  std::to_string(columns.size()) + " columns " + listed(columns));
    Document document;
    document.text = cell(text);
    document.id = id < 0 ? file.id(table.line()) : cell(id);
    if (group >= 0) document.group = cell(group);
    document.where = file.where(table.line());
    for (size_t i = 0; i < fields.size(); ++i) document.fields[options.fields[i]] = cell(fields[i]);
    if (!visit(document)) return false;
  }
  return true;
}

}  // namespace assay::data
