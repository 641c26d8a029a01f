// Documents from plain text: whole files, blocks, lines, fortunes.
#include "plugins/common/data/document_formats.hpp"

namespace assay::data {
namespace {

bool blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\f\v") == std::string_view::npos;
}

/// Gathers lines until a document is complete.
class Block {
 public:
  Block(DocumentFile file, const Visit& visit) : file_(file), visit_(visit) {}
  void add(std::string_view line, int64_t number) {
    if (empty_) first_ = number;
    empty_ = false;
    if (text_.size() + line.size() > kLongestRecord)
      malformed_line(file_.text.path(), number,
                     "brings its document over " + std::to_string(kLongestRecord) + " bytes");
    text_ += line;
    text_ += '\n';
  }
  /// Hands over what there is; false if the visitor stops.
  bool finish() {
    if (empty_) return true;
    empty_ = true;
    text_.pop_back();
    Document document;
    document.text.swap(text_);
    document.id = file_.id(first_);
    document.where = file_.where(first_);
    return visit_(document);
  }

 private:
  DocumentFile file_;
  const Visit& visit_;
  std::string text_;
  int64_t first_ = 1;
  bool empty_ = true;
};

bool whole_file(DocumentFile file, const Visit& visit) {
  Document document;
  bool return_before = false;  // a carriage return that ends the piece
  for (std::string_view piece; !(piece = file.text.next()).empty();) {
    if (document.text.size() + piece.size() > kLongestRecord)
      malformed(file.text.path(),
                "is longer than the " + std::to_string(kLongestRecord) +
                    " bytes that one document may have; split it by blank lines or lines");
    for (const char c : piece) {
      if (c == '\n' && return_before) document.text.pop_back();
      return_before = c == '\r';
      document.text += c;
    }
  }
  document.id = file.name;
  document.where = file.where(1);
  return visit(document);
}
}  // namespace

bool documents_of_text(DocumentFile file, const DocumentOptions& options, const Visit& visit) {
  if (options.split == Split::file) return whole_file(file, visit);
  LineReader lines(file.text);
  Block block(file, visit);
  for (std::string_view line; lines.next(line);) {
    const bool between = options.split == Split::percent ? line == "%" : blank(line);
    if (!between) block.add(line, lines.number());
    if ((between || options.split == Split::line) && !block.finish()) return false;
  }
  return block.finish();
}

}  // namespace assay::data
