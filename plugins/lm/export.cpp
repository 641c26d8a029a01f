// Method `export`: a model as a folder of published form, which transformers and this plugin load.
#include "plugins/lm/inputs.hpp"

#include <algorithm>
#include <filesystem>

namespace lm {

struct Export {
  static constexpr const char* name = "export";

  static void describe(assay::Schema<Export>& s) {
    s.summary("Writes a language model as transformers stores it");
    s.doc("The files lie together in the run's folder, under artifacts/files.");
    s.flag(ASSAY_SEEDLESS);
    declare_model(s);
    s.output("files/*", ASSAY_ARTIFACT, "config.json, model.safetensors, tokenizer.json, ...");
    s.output("parameters", ASSAY_SCALAR, "numbers that it has learned", ASSAY_HEADLINE);
    s.output("bytes", ASSAY_SCALAR, "of all files").unit("B");
  }

  void run(assay::Job& job) const {
    namespace fs = std::filesystem;
    assay::begin(job);
    const auto model = assay::lm::open_model(job, "model");
    const fs::path folder = fs::path(job.scratch()) / "export";
    fs::create_directories(folder);
    assay::lm::export_model(model, folder.string());

    double parameters = 0, bytes = 0;
    for (const auto& [name, tensor] : model.model->parameters())
      parameters += static_cast<double>(tensor.numel());
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      job.file("files/" + file.stem().string(), file.string());
      bytes += static_cast<double>(fs::file_size(file));
    }
    job.scalar("parameters", parameters);
    job.scalar("bytes", bytes);
  }
};

}  // namespace lm

ASSAY_METHOD(::lm::Export)
