// The test program; also the program that the runner spawns as probe, zygote and worker.
#define DOCTEST_CONFIG_IMPLEMENT
#include "core/run/main.hpp"

#include <doctest/doctest.h>

int main(int argc, char** argv) {
  if (const auto code = assay::hidden_command(argc, argv)) return *code;
  return doctest::Context(argc, argv).run();
}
