// Documents from a job's input.
#pragma once
#include "plugins/common/data/documents.hpp"

#include <assay/plugin.hpp>

namespace assay::data {

/// The documents of the job's input `name`, of kind file or dir (a folder, a file, or a data set of
/// the catalog): of a list of inputs all, one after another; of one that is not given none.
std::vector<Document> read_documents(const Job& job, const std::string& name,
                                     const DocumentOptions& options = {});

/// The same, each handed to `visit` and not kept.
void for_each_document(const Job& job, const std::string& name, const DocumentOptions& options,
                       const std::function<bool(Document&)>& visit);

}  // namespace assay::data
