#include "plugins/common/weights/tensor_file.hpp"
#include "tests/plugins/weights/sample_files.hpp"

#include <doctest/doctest.h>

using namespace assay::weights;

namespace {

Entry floats(const std::string& name, const std::vector<float>& values) {
  return {.name = name,
          .type = Type::f32,
          .shape = {static_cast<int64_t>(values.size())},
          .bytes = {reinterpret_cast<const uint8_t*>(values.data()), values.size() * 4}};
}

}  // namespace

TEST_CASE("what is written is read back") {
  const sample::Folder folder;
  const auto path = (folder.path / "x.safetensors").string();
  const std::vector<float> a{1, 2, 3}, none;
  const std::string name = "quoted \" name";
  const std::vector<Entry> written{floats(name, a), floats("none", none)};
  write_safetensors(path, written);
  const TensorFile file(path);
  REQUIRE(file.entries().size() == 2);
  const auto& entry = *file.find(name);
  CHECK(std::memcmp(entry.bytes.data(), a.data(), 12) == 0);
  CHECK(reinterpret_cast<uintptr_t>(entry.bytes.data()) % 64 == 0);
  CHECK(file.find("none")->count() == 0);
}

TEST_CASE("writing over a file that is open leaves the open one as it was") {
  const sample::Folder folder;
  const auto path = (folder.path / "x.safetensors").string();
  const std::vector<float> one{1}, two{2};
  write_safetensors(path, std::vector{floats("a", one)});
  const TensorFile before(path);
  write_safetensors(path, std::vector{floats("a", two)});
  float value = 0;
  to_float(*before.find("a"), 0, 1, &value);
  CHECK(value == 1.0f);
  to_float(*TensorFile(path).find("a"), 0, 1, &value);
  CHECK(value == 2.0f);
}

TEST_CASE("what safetensors cannot hold is not written") {
  const sample::Folder folder;
  const auto path = (folder.path / "x.safetensors").string();
  const std::vector<float> one{1};
  auto wrong = floats("a", one);
  wrong.shape = {2};
  const auto said = [&](const std::vector<Entry>& tensors, const std::string& to) {
    return sample::refusal([&] { write_safetensors(to, tensors); });
  };
  CHECK(said({wrong}, path) == path + ": the tensor \"a\" of shape 2 needs 8 bytes and has 4");
  CHECK(said({floats("a", one), floats("a", one)}, path) ==
        path + ": the tensor \"a\" was to be written twice");
  CHECK(said({floats("\xFF", one)}, path) ==
        path + ": a tensor's name or the metadata to be written are no UTF-8");
  auto blocks = floats("q", one);
  blocks.type = Type::q4_0;
  CHECK(said({blocks}, path) != "");
  CHECK(!std::filesystem::exists(path));
  CHECK(said({floats("a", one)}, "/nowhere/x.safetensors") ==
        "/nowhere/x.safetensors: cannot be written: No such file or directory");
}
