#include "plugins/common/weights/gguf_metadata.hpp"
#include "plugins/common/weights/tensor_file.hpp"
#include "tests/plugins/weights/sample_files.hpp"

#include <doctest/doctest.h>

using namespace assay::weights;
using sample::Folder;
using sample::numbers;
using sample::raw;

TEST_CASE("safetensors are looked at where they lie, in the order of the header") {
  const Folder folder;
  const auto path =
      folder.write("model.safetensors",
                   sample::safetensors(R"({"__metadata__":{"format":"pt"},)"
                                       R"("b":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]},)"
                                       R"("a":{"dtype":"I32","shape":[],"data_offsets":[0,4]}})",
                                       raw<int32_t>(-7) + numbers<float>({1.5f, 2.5f})));
  const TensorFile file(folder.path.string());
  CHECK(file.path() == path);
  REQUIRE(file.entries().size() == 2);
  CHECK(file.entries()[0].name == "b");
  CHECK(file.find("b")->shape == std::vector<int64_t>{2, 1});
  CHECK(file.find("a")->count() == 1);
  CHECK(file.find("c") == nullptr);
  CHECK(file.gguf() == nullptr);
  float out[2];
  to_float(*file.find("a"), 0, 1, out);
  CHECK(out[0] == -7.0f);
  to_float(*file.find("b"), 0, 2, out);
  CHECK(out[1] == 2.5f);
  CHECK(file.mapping(*file.find("b")) == file.mapping(*file.find("a")));
}

TEST_CASE("what is written to a mapped tensor does not reach the file") {
  const Folder folder;
  const auto path = folder.write(
      "x.safetensors",
      sample::safetensors(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", raw(1.0f)));
  const TensorFile one(path);
  const auto& bytes = one.find("a")->bytes;
  const float two = 2;
  std::memcpy(const_cast<uint8_t*>(bytes.data()), &two, sizeof two);
  float seen = 0;
  to_float(*one.find("a"), 0, 1, &seen);
  CHECK(seen == 2.0f);
  const TensorFile again(path);
  to_float(*again.find("a"), 0, 1, &seen);
  CHECK(seen == 1.0f);
}

TEST_CASE("an index gives from each shard the tensors that it assigns to it") {
  const Folder folder;
  const std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                             R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})";
  folder.write("one", sample::safetensors(header, numbers<float>({1, 2})));
  folder.write("two", sample::safetensors(header, numbers<float>({3, 4})));
  folder.write("model.safetensors.index.json", R"({"weight_map":{"b":"two","a":"one"}})");
  const TensorFile file(folder.path.string());
  REQUIRE(file.entries().size() == 2);
  float a = 0, b = 0;
  to_float(*file.find("a"), 0, 1, &a);
  to_float(*file.find("b"), 0, 1, &b);
  CHECK(a == 1.0f);
  CHECK(b == 4.0f);
}

TEST_CASE("a GGUF tensor's shape is outermost first") {
  const Folder folder;
  sample::Gguf gguf;
  gguf.tensor("x", {3, 2}, 0, 0).tensor("y", {32}, 8, 32);
  gguf.data = numbers<float>({0, 1, 2, 3, 4, 5}) + std::string(8, '\0') + std::string(34, '\0');
  const TensorFile file(folder.write("m.gguf", gguf.bytes()));
  CHECK(file.find("x")->shape == std::vector<int64_t>{2, 3});
  CHECK(file.find("y")->type == Type::q8_0);
  float row[3];
  to_float(*file.find("x"), 3, 3, row);
  CHECK(row[0] == 3.0f);
}

TEST_CASE("a GGUF tensor of a type that nobody decodes is no matter until it is asked for") {
  const Folder folder;
  sample::Gguf gguf;
  gguf.tensor("known", {256}, 17, 0).tensor("unknown", {7}, 99, 96).tensor("x", {1}, 0, 96);
  gguf.data = std::string(96, '\0') + raw(1.0f);
  const TensorFile file(folder.write("m.gguf", gguf.bytes()));
  float out = 0;
  to_float(*file.find("x"), 0, 1, &out);
  CHECK(out == 1.0f);
  CHECK(sample::refusal([&] {
          to_float(*file.find("known"), 0, 256, &out);
        }).find("\"known\" is stored as IQ2_XS") != std::string::npos);
  CHECK(sample::refusal([&] {
          to_float(*file.find("unknown"), 0, 7, &out);
        }).find("\"unknown\" is stored as type 99") != std::string::npos);
}

TEST_CASE("GGUF's metadata are read by type, and a missing key is named with its file") {
  const Folder folder;
  sample::Gguf gguf;
  gguf.version = 2;
  gguf.pair("text", 8, sample::gguf_string("llama"))
      .pair("int", 5, raw<int32_t>(-3))
      .pair("huge", 10, raw<uint64_t>(UINT64_MAX))
      .pair("real", 6, raw(0.5f))
      .pair("flag", 7, raw<uint8_t>(1))
      .pair("words", 9,
            raw<uint32_t>(8) + raw<uint64_t>(2) + sample::gguf_string("a") +
                sample::gguf_string("bc"))
      .pair("counts", 9, raw<uint32_t>(2) + raw<uint64_t>(2) + numbers<uint16_t>({5, 6}))
      .pair("scores", 9, raw<uint32_t>(6) + raw<uint64_t>(1) + raw(-1.5f))
      .pair("flags", 9, raw<uint32_t>(7) + raw<uint64_t>(2) + numbers<uint8_t>({0, 1}))
      .pair("nested", 9,
            raw<uint32_t>(9) + raw<uint64_t>(1) + raw<uint32_t>(0) + raw<uint64_t>(1) + "x");
  const auto path = folder.write("m.gguf", gguf.bytes());
  const TensorFile file(path);
  const auto& m = *file.gguf();
  CHECK(m.string("text") == "llama");
  CHECK(m.integer("int") == -3);
  CHECK(m.number("int") == -3.0);
  CHECK(m.number("real") == 0.5);
  CHECK(m.boolean("flag"));
  CHECK(m.strings("words") == std::vector<std::string_view>{"a", "bc"});
  CHECK(m.integers("counts") == std::vector<int64_t>{5, 6});
  CHECK(m.numbers("scores") == std::vector<float>{-1.5f});
  CHECK(m.booleans("flags") == std::vector<bool>{false, true});
  CHECK(m.integer("absent", 9) == 9);
  CHECK(m.keys().size() == 10);

  const auto said = [&](auto act) { return sample::refusal(act); };
  CHECK(said([&] { m.integer("absent"); }) ==
        path + ": the metadata has no \"absent\", which is needed");
  CHECK(said([&] { m.integer("text", 4); }) ==
        path + ": the metadata's \"text\" is a string; it must be a whole number");
  CHECK(said([&] { m.strings("counts"); }) ==
        path +
            ": the metadata's \"counts\" is an array of which each is a whole number; it must "
            "be an array of strings");
  CHECK(said([&] { m.integer("huge"); }) ==
        path + ": the metadata's \"huge\" is 18446744073709551615; it must be below 2^63");
  CHECK(said([&] { m.boolean("int"); }) != "");
  CHECK(said([&] { m.integers("scores"); }) != "");
}
