// assay show: one run, or one item of its archive.
#include "core/archive/archive.hpp"
#include "core/base/error.hpp"
#include "core/base/number.hpp"
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/cli/commands.hpp"
#include "core/cli/select.hpp"
#include "core/cli/workspace.hpp"
#include "core/report/text_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace assay::cli {
namespace {

std::string shape_text(const std::vector<int64_t>& shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, " x "));
}

std::string cell(const Array& column, size_t row) {
  if (column.is_strings()) return one_line(column.strings[row]);
  if (column.shape.size() > 1)
    return "[" + shape_text({column.shape.begin() + 1, column.shape.end()}) + "]";
  return brief(column.number(row), 6);
}

/// Columns side by side, `most` rows of them.
void print_columns(const std::vector<std::pair<std::string, Array>>& columns, size_t most) {
  size_t rows = 0;
  for (const auto& [name, column] : columns) rows = std::max(rows, column.rows());
  std::vector<std::vector<std::string>> cells;
  std::vector<size_t> widths;
  for (const auto& [name, column] : columns) {
    auto& texts = cells.emplace_back(std::vector<std::string>{name});
    for (size_t r = 0; r < std::min(rows, most) && r < column.rows(); ++r)
      texts.push_back(cell(column, r));
    size_t width = 0;
    for (const auto& t : texts) width = std::max(width, display_width(t));
    widths.push_back(width);
  }
  for (size_t r = 0; r <= std::min(rows, most); ++r) {
    for (size_t c = 0; c < cells.size(); ++c)
      fmt::print("{}{}", c ? "  " : "",
                 pad(r < cells[c].size() ? cells[c][r] : "", widths[c], true));
    fmt::print("\n");
  }
  if (rows > most) fmt::print("... {} more rows; --rows N shows more\n", rows - most);
}

std::string csv_field(std::string text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  for (size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2)
    text.insert(at, 1, '"');
  return '"' + text + '"';
}

/// Every row, numbers with all their digits; columns of arrays are left out.
void print_csv(const std::vector<std::pair<std::string, Array>>& all) {
  std::vector<const std::pair<std::string, Array>*> columns;
  for (const auto& column : all)
    if (column.second.shape.size() == 1) columns.push_back(&column);
  size_t rows = 0;
  for (size_t c = 0; c < columns.size(); ++c) {
    fmt::print("{}{}", c ? "," : "", csv_field(columns[c]->first));
    rows = std::max(rows, columns[c]->second.rows());
  }
  fmt::print("\n");
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns.size(); ++c) {
      const Array& column = columns[c]->second;
      fmt::print("{}{}", c ? "," : "",
                 r >= column.rows()    ? ""
                 : column.is_strings() ? csv_field(column.strings[r])
                                       : ecmascript(column.number(r)));
    }
    fmt::print("\n");
  }
}

/// The columns of a table or a metric; of any other item, itself.
std::vector<std::pair<std::string, Array>> columns_of(const Archive& archive,
                                                      const std::string& path) {
  std::vector<std::pair<std::string, Array>> columns;
  std::vector<std::string> known;
  for (const auto& item : archive.items()) {
    const size_t slash = item.path.rfind('/');
    known.push_back(item.path);
    if (slash == std::string::npos) continue;
    known.push_back(item.path.substr(0, slash));
    if (item.path.substr(0, slash) == path)
      columns.emplace_back(item.path.substr(slash + 1), archive.read(item.path));
  }
  if (!columns.empty()) return columns;
  if (!archive.has(path))
    throw BadInput("E162", fmt::format("the archive has no \"{}\"", path),
                   did_you_mean(path, known));
  return {{path.substr(path.rfind('/') + 1), archive.read(path)}};
}

void print_item(const Archive& archive, const std::string& path, size_t most, bool csv) {
  const auto columns = columns_of(archive, path);
  const Array& first = columns.front().second;
  if (csv)
    print_csv(columns);
  else if (columns.size() == 1 && first.is_strings() && first.shape.empty())
    fmt::print("{}\n", printable(first.strings[0]));
  else
    print_columns(columns, most);
}

void print_contents(const Archive& archive) {
  std::set<std::string> metrics, tables, others;
  for (const auto& item : archive.items()) {
    const std::string parent = item.path.substr(0, item.path.rfind('/'));
    if (item.path.starts_with("metrics/"))
      metrics.insert(parent.substr(8));
    else if (item.path.starts_with("tables/"))
      tables.insert(parent);
    else if (item.path.starts_with("arrays/") || item.path.starts_with("text/") ||
             item.path.starts_with("artifacts/"))
      others.insert(
          fmt::format("{}  {} {}", item.path, dtype_name(item.dtype), shape_text(item.shape)));
  }
  if (!metrics.empty()) fmt::print("\nmetrics (last value)\n");
  size_t width = 0;
  for (const auto& name : metrics) width = std::max(width, name.size());
  for (const auto& name : metrics) {
    const auto value = archive.metric(name);
    fmt::print("  {:<{}}  {}\n", name, width, value ? brief(*value, 6) : "-");
  }
  if (!tables.empty()) fmt::print("\ntables\n");
  for (const auto& name : tables) {
    const auto columns = archive.children(name);
    fmt::print("  {}  {}\n", name, join(columns, ", "));
  }
  if (!others.empty()) fmt::print("\narrays, text, files\n");
  for (const auto& line : others) fmt::print("  {}\n", line);
  for (const auto& name : archive.children("checkpoints"))
    for (const auto& step : archive.children("checkpoints/" + name))
      fmt::print("  checkpoints/{}/{}\n", name, step);
}

}  // namespace

int run_show(const Arguments& arguments) {
  const RunsFolder runs(runs_root(arguments));
  const fs::path folder = select_run(runs, arguments.positional[0]);
  runs.recover(folder);
  const RunStatus status = runs.status(folder);
  const auto most = static_cast<size_t>(arguments.number("rows", 20, 1));
  if (arguments.positional.size() > 1) {
    if (!fs::exists(folder / "run.h5"))
      throw BadInput("E162", "this run has no archive: it is " + to_string(status.state),
                     "`assay show " + arguments.positional[0] + "` says more");
    print_item(Archive(folder / "run.h5"), arguments.positional[1], most, arguments.has("csv"));
    return 0;
  }
  const auto record = read_record(folder);
  if (record) {
    fmt::print("{}.{}  {}\n", record->plugin, record->method, record->id);
    fmt::print("seed        {}\n", record->seed);
    for (const auto& [key, value] : record->params.items())
      fmt::print("  {} = {}\n", key,
                 value.is_number_float() ? ecmascript(value.get<double>()) : value.dump());
  }
  fmt::print("folder      {}\nstate       {}{}\n", folder.string(), to_string(status.state),
             status.message.empty() ? "" : ": " + printable(status.message));
  if (!fs::exists(folder / "run.h5")) return 0;
  const Archive archive(folder / "run.h5");
  if (record)
    for (const auto& [port, items] : record->inputs.items())
      fmt::print("input       {} = {}\n", port, items.dump());
  const Json provenance = archive.attributes("/provenance");
  for (const char* key : {"started", "wall_seconds", "cpu_seconds", "max_rss", "host", "threads"})
    if (provenance.contains(key))
      fmt::print("{:<11} {}\n", key,
                 provenance[key].is_string() ? printable(provenance[key].get<std::string>())
                                             : provenance[key].dump());
  print_contents(archive);
  return 0;
}

}  // namespace assay::cli
