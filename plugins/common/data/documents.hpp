// Documents: pieces of text with a name, from the files in which people keep them.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace assay::data {

struct Document {
  std::string id;     // the field options.id; without it the file below the input and the line
  std::string text;   // UTF-8, lines end in LF
  std::string group;  // such as a subset or a domain; "" if there is none
  std::string where;  // "FILE:LINE", for messages
  std::map<std::string, std::string> fields;  // what options.fields names and the record has
};

/// How a file of plain text becomes documents.
enum class Split {
  file,        // all of it is one
  blank_line,  // each block of lines between blank lines
  line,        // each line that is not blank
  percent      // what stands between lines "%", as fortunes are kept
};

enum class Format { by_suffix, json, csv, tsv, text, html, mail, dictd, wordnet };

struct DocumentOptions {
  /// What the file, or every file of a folder, is. By suffix, after .gz or .zst: .json .jsonl
  /// .ndjson are JSON, an array of records or a record a line (in .json it may go over several),
  /// .csv .tsv tables, .html .htm .xhtml pages, .eml mail, .index a dictionary of dictd (with
  /// NAME.dict or NAME.dict.dz beside it), data.noun and its like WordNet (words and gloss, the
  /// group its lexicographer file), and everything else is plain text.
  Format format = Format::by_suffix;

  /// Where a record of JSON or a table has its parts; "meta.subset" is a key within a key. A JSON
  /// record that is a string, as in a list of strings, is its text.
  std::string text = "text";
  std::string id, group;
  /// Of a page also "title"; of mail any header, in small letters, and "date" as UTC in ISO 8601.
  std::vector<std::string> fields;

  Split split = Split::file;
  std::string encoding = "utf-8";  // of files without a byte-order mark: a name that iconv knows
  bool replace_invalid = false;    // bytes that are no character become U+FFFD, not an error

  std::vector<std::string> columns;  // of a table that has no header row
  char separator = '\0';             // of a table; '\0': a comma, or a tab in .tsv
  std::optional<bool> quotes;        // whether a table's fields may be in double quotes; unset: of
                                     // .csv they may, in .tsv a quote is a character like others

  /// Which files of a folder are read. Empty: those whose suffix is listed above, and .txt .text
  /// .md .rst .pod .py. "" stands for names without a suffix.
  std::vector<std::string> suffixes;

  bool drop_quoted = false;      // of mail: lines that begin with ">", and the signature
  bool keep_navigation = false;  // of HTML: menus, headers and footers of the site
};

/// Calls `visit` with each document in order, and stops early when it returns false; it may move
/// from the document. A folder's files are visited in the order of their paths, subfolders too.
/// What is packed with gzip or zstd is unpacked. JSON lines, JSON arrays, tables and text by lines
/// or blocks are streamed: memory is bounded by the longest record. What is malformed is
/// std::invalid_argument with file and line; so is an input that holds no document at all.
void for_each_document(const std::string& path, const DocumentOptions& options,
                       const std::function<bool(Document&)>& visit);

/// All documents, in memory.
std::vector<Document> read_documents(const std::string& path, const DocumentOptions& options = {});

}  // namespace assay::data
