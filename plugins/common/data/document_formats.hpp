// The readers behind for_each_document: one function for each format of a file.
#pragma once
#include "plugins/common/data/documents.hpp"
#include "plugins/common/data/text_source.hpp"

namespace assay::data {

using Visit = std::function<bool(Document&)>;

/// A file that is read: its text, and its name in documents' ids.
struct DocumentFile {
  TextSource& text;
  const std::string& name;
  std::string where(int64_t line) const { return text.path() + ":" + std::to_string(line); }
  std::string id(int64_t line) const { return name + ":" + std::to_string(line); }
};

// Each returns false if the visitor stopped it.
bool documents_of_json(DocumentFile file, const DocumentOptions& options, const Visit& visit);
bool documents_of_table(DocumentFile file, const DocumentOptions& options, const Visit& visit);
bool documents_of_text(DocumentFile file, const DocumentOptions& options, const Visit& visit);
bool documents_of_html(const std::string& path, const std::string& name,
                       const DocumentOptions& options, const Visit& visit);
bool documents_of_mail(const std::string& path, const std::string& name,
                       const DocumentOptions& options, const Visit& visit);
bool documents_of_dictionary(const std::string& path, const std::string& name,
                             const DocumentOptions& options, const Visit& visit);
bool documents_of_wordnet(const std::string& path, const std::string& name,
                          const DocumentOptions& options, const Visit& visit);

}  // namespace assay::data
