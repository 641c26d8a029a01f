// lm_export IN OUT: opens a model and writes it as a folder, for the comparison with transformers.
// What cannot be opened is one sentence and exit status 1.
#include "plugins/common/lm/language_model.hpp"

#include <cstdio>

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  at::set_num_threads(1);
  assay::lm::export_model(assay::lm::open_model(argv[1]), argv[2]);
  return 0;
} catch (const std::exception& e) {
  std::printf("%s\n", assay::explain(e).c_str());
  return 1;
}
