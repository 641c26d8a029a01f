// What fuzz targets of text readers check: an input is read, or refused in one sentence.
#pragma once
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/document_formats.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace fuzz {

/// Runs `read`, which may throw std::invalid_argument with the path "f" first.
template <class Read>
int check_text(Read&& read) {
  try {
    read();
  } catch (const std::invalid_argument& e) {
    if (std::string(e.what()).rfind("f: ", 0) != 0) std::abort();
  }
  return 0;
}

/// Ends the process unless the text is UTF-8.
inline void need_utf8(const std::string& text) {
  if (assay::data::valid_utf8(text) != text.size()) std::abort();
}

/// Runs a reader of documents on a file in memory; every text must be UTF-8.
template <class Reader>
int check_documents(const uint8_t* data, size_t size, Reader&& reader,
                    const assay::data::DocumentOptions& options) {
  using namespace assay::data;
  return check_text([&] {
    const std::string name = "f";
    TextSource text(open_bytes(View(data, size), name), name);
    reader(DocumentFile{text, name}, options, [](Document& document) {
      need_utf8(document.text);
      return true;
    });
  });
}

}  // namespace fuzz
