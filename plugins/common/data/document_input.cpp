#include "plugins/common/data/document_input.hpp"

namespace assay::data {

void for_each_document(const Job& job, const std::string& name, const DocumentOptions& options,
                       const std::function<bool(Document&)>& visit) {
  bool going = true;
  for (size_t i = 0; i < job.inputs(name) && going; ++i)
    for_each_document(job.path(name, i), options,
                      [&](Document& document) { return going = visit(document); });
}

std::vector<Document> read_documents(const Job& job, const std::string& name,
                                     const DocumentOptions& options) {
  std::vector<Document> documents;
  for_each_document(job, name, options, [&](Document& document) {
    documents.push_back(std::move(document));
    return true;
  });
  return documents;
}

}  // namespace assay::data
