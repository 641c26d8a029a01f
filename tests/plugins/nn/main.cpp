// The tests of plugins/common/nn and plugins/common/train: one program, since it links LibTorch.
#define DOCTEST_CONFIG_IMPLEMENT
#include "plugins/common/torch.hpp"

#include <doctest/doctest.h>

int main(int argc, char** argv) {
  at::set_num_threads(1);
  return doctest::Context(argc, argv).run();
}
