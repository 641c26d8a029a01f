// Prints the documents at a path as JSON lines, for tests that compare with other readers.
// Usage: show_documents PATH [KEY=VALUE...], keys as in the code below.
#include "plugins/common/data/documents.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>

using namespace assay::data;

namespace {
void set(DocumentOptions& options, const std::string& key, const std::string& value) {
  const std::map<std::string, Format> formats = {
      {"json", Format::json},   {"csv", Format::csv},        {"tsv", Format::tsv},
      {"text", Format::text},   {"html", Format::html},      {"mail", Format::mail},
      {"dictd", Format::dictd}, {"wordnet", Format::wordnet}};
  const std::map<std::string, Split> splits = {{"file", Split::file},
                                               {"blank_line", Split::blank_line},
                                               {"line", Split::line},
                                               {"percent", Split::percent}};
  if (key == "format") options.format = formats.at(value);
  if (key == "split") options.split = splits.at(value);
  if (key == "text") options.text = value;
  if (key == "id") options.id = value;
  if (key == "group") options.group = value;
  if (key == "field") options.fields.push_back(value);
  if (key == "suffix") options.suffixes.push_back(value);
  if (key == "encoding") options.encoding = value;
  if (key == "replace_invalid") options.replace_invalid = value == "yes";
  if (key == "quotes") options.quotes = value == "yes";
  if (key == "drop_quoted") options.drop_quoted = value == "yes";
  if (key == "keep_navigation") options.keep_navigation = value == "yes";
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  try {
    DocumentOptions options;
    for (int i = 2; i < argc; ++i) {
      const std::string word = argv[i];
      const size_t equals = word.find('=');
      set(options, word.substr(0, equals), word.substr(equals + 1));
    }
    for_each_document(argv[1], options, [](Document& d) {
      const nlohmann::json line = {{"id", d.id},
                                   {"text", d.text},
                                   {"group", d.group},
                                   {"where", d.where},
                                   {"fields", d.fields}};
      std::puts(line.dump().c_str());
      return true;
    });
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
