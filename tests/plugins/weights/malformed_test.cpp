// Files that are cut, that lie or that contradict themselves: one sentence each, with the file, the
// place and what is allowed.
#include "plugins/common/weights/tensor_file.hpp"
#include "tests/plugins/weights/sample_files.hpp"

#include <doctest/doctest.h>

using namespace assay::weights;
using sample::Folder;
using sample::raw;

namespace {

struct Case {
  std::string bytes, says;  // says: after the path
};

void check(const std::vector<Case>& cases, const std::string& ending) {
  const Folder folder;
  for (size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    const auto path = folder.write(std::to_string(i) + ending, cases[i].bytes);
    CHECK(sample::refusal([&] { const TensorFile file(path); }) == path + ": " + cases[i].says);
  }
}

std::string st(const std::string& header, const std::string& data = "") {
  return sample::safetensors(header, data);
}

const std::string kFour(4, '\0'), kEight(8, '\0');

sample::Gguf one_float(uint64_t offset = 0) {
  sample::Gguf gguf;
  gguf.tensor("x", {1}, 0, offset);
  gguf.data = kFour;
  return gguf;
}

std::string with(sample::Gguf gguf, auto change) {
  change(gguf);
  return gguf.bytes();
}

std::string pair(uint32_t type, const std::string& value) {
  return sample::Gguf().pair("k", type, value).bytes();
}

}  // namespace

TEST_CASE("malformed safetensors are refused") {
  check(
      {
          {"", "is empty"},
          {"1234", "has 4 bytes; a safetensors file begins with the eight of its header's length"},
          {raw<uint64_t>(100) + "{}", "claims a header of 100 bytes; 2 are possible"},
          {raw<uint64_t>(UINT64_MAX) + "{}",
           "claims a header of 18446744073709551615 bytes; 2 are possible"},
          {st("{"), "the header is no JSON: it breaks off at byte 9"},
          {st("[]"), "the header is an array; it must be an object"},
          {st(R"({"a":3})"), "the header's \"a\" is a number; it must be an object"},
          {st(R"({"__metadata__":{"a":3}})"),
           "the metadata's \"a\" is a number; it must be a string"},
          {st(R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", kFour),
           "the tensor \"a\" has an array as its shape; dtype is a string, shape and data_offsets "
           "are lists of whole numbers"},
          {st(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", kFour),
           "the tensor \"a\" has a negative number as its shape; dtype is a string, shape and "
           "data_offsets are lists of whole numbers"},
          {st(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1,2]}})", kFour),
           "the tensor \"a\" has a third number as its data_offsets; dtype is a string, shape and "
           "data_offsets are lists of whole numbers"},
          {st(R"({"a":{"dtype":"F32","shape":[1]}})", kFour),
           "the tensor \"a\" lacks dtype, shape or two data_offsets"},
          {st(R"({"a":{"dtype":"F32","shape":[1],"strides":[1]}})", kFour),
           "the tensor \"a\" has the unknown key \"strides\"; dtype, shape and data_offsets are "
           "allowed"},
          {st(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
              R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
              kFour),
           "the header names \"a\" twice"},
          {st(R"({"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}})", kFour),
           "the tensor \"a\" gives shape twice"},
          {st(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", kFour),
           "the tensor \"a\" lies at bytes 0 to 8 of the data, which has 4 bytes"},
          {st(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", kFour),
           "the tensor \"a\" lies at bytes 4 to 0 of the data, which has 4 bytes"},
          {st(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", kFour),
           "the tensor \"a\" of shape 2 needs 8 bytes in F32 and has 4"},
          {st(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})",
              kFour),
           "the tensor \"a\" claims the impossible shape 4294967296 x 4294967296; its bytes must "
           "be fewer than 2^63"},
          {st(R"({"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}})"),
           "the tensor \"a\" claims the impossible shape 0 x 4294967296 x 4294967296; its bytes "
           "must be fewer than 2^63"},
          {st(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
              R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
              kEight),
           "the tensors \"a\" and \"b\" overlap at byte 4 of the data"},
          {st(R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", kEight),
           "no tensor holds the bytes 0 to 4 of the data, before \"b\""},
          {st(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", kEight),
           "the tensors end at byte 4 of the data, which has 8"},
          {st("{}") + "x", "the tensors end at byte 0 of the data, which has 1"},
      },
      ".safetensors");
}

TEST_CASE("malformed GGUF files are refused") {
  const auto deep = [](int levels) {
    std::string value = raw<uint32_t>(0) + raw<uint64_t>(1) + "x";
    for (int i = 1; i < levels; ++i) value = raw<uint32_t>(9) + raw<uint64_t>(1) + value;
    return value;
  };
  check(
      {
          {"GGU",
           "ends in the middle of its beginning, which needs 4 bytes at byte 0 where 3 are "
           "left"},
          {with(one_float(), [](auto& g) { g.magic = "GGML"; }),
           "is no GGUF file: it does not begin with \"GGUF\""},
          {with(one_float(), [](auto& g) { g.version = 1; }),
           "is a GGUF file of version 1; versions 2 and 3 are read"},
          {with(one_float(), [](auto& g) { g.version = 3u << 24; }),
           "is a big-endian GGUF file; little-endian ones are read"},
          {with({}, [](auto& g) { g.tensor_count = 1000; }),
           "claims 1000 elements in the list of tensors; the 16 bytes that are left hold at most "
           "0"},
          {with({}, [](auto& g) { g.pair_count = -1; }),
           "claims 18446744073709551615 elements in the metadata; the 8 bytes that are left hold "
           "at most 0"},
          {pair(13, kEight), "the metadata's \"k\" has the unknown type 13; types are 0 to 12"},
          {pair(7, "\2"), "the metadata's \"k\" has the truth value 2; it must be 0 or 1"},
          {pair(8, raw<uint64_t>(UINT64_MAX) + "abc"),
           "ends in the middle of the metadata's \"k\", which needs 18446744073709551615 bytes at "
           "byte 45 where 19 are left"},
          {pair(9, raw<uint32_t>(10) + raw<uint64_t>(uint64_t{1} << 61)),
           "claims 2305843009213693952 elements in the metadata's \"k\"; the 15 bytes that are "
           "left hold at most 1"},
          {pair(9, raw<uint32_t>(8) + raw<uint64_t>(1) + raw<uint64_t>(99)),
           "ends in the middle of the metadata's \"k\", which needs 99 bytes at byte 57 where 7 "
           "are left"},
          {pair(9, deep(5)), "the metadata's \"k\" has arrays within arrays deeper than 4"},
          {sample::Gguf().pair("k", 0, "a").pair("k", 0, "a").bytes(),
           "the metadata has \"k\" twice"},
          {sample::Gguf().pair("general.alignment", 4, raw<uint32_t>(48)).bytes(),
           "general.alignment is 48; it must be a power of two from 8 to 1048576"},
          {sample::Gguf().pair("general.alignment", 8, sample::gguf_string("32")).bytes(),
           "the metadata's \"general.alignment\" is a string; it must be a whole number"},
          {with({},
                [](auto& g) {
                  g.tensor("x", {1, 1, 1, 1, 1}, 0, 0).data = kFour;
                }),
           "the tensor \"x\" claims 5 dimensions; at most 4 are possible"},
          {with({}, [](auto& g) { g.tensor("x", {UINT64_MAX}, 0, 0).data = kFour; }),
           "the tensor \"x\" claims a dimension of 18446744073709551615; it must be below 2^63"},
          {with({},
                [](auto& g) {
                  g.tensor("x", {1u << 31, 1u << 31, 4}, 0, 0);
                }),
           "the tensor \"x\" claims the impossible shape 4 x 2147483648 x 2147483648; its bytes "
           "must be fewer than 2^63"},
          {with({}, [](auto& g) { g.tensor("x", {31}, 2, 0).data = std::string(18, '\0'); }),
           "the tensor \"x\" has rows of 31 weights; in Q4_0 they must be a multiple of 32"},
          {with(one_float(4), [](auto&) {}),
           "the tensor \"x\" lies at byte 4 of the data, which is no multiple of 32"},
          {with(one_float(32), [](auto&) {}),
           "the tensor \"x\" needs 4 bytes at byte 32 of the data, which has 4"},
          {with(one_float(), [](auto& g) { g.tensor("y", {1}, 0, 0); }),
           "the tensors \"x\" and \"y\" overlap at byte 0 of the data"},
          {with(one_float(), [](auto& g) { g.tensor("x", {1}, 0, 32).data.resize(36); }),
           "lists the tensor \"x\" twice"},
          {with({},
                [](auto& g) {
                  g.tensors = raw<uint64_t>(99) + "x";
                  g.tensor_count = 1;
                }),
           "ends in the middle of the name of tensor 0, which needs 99 bytes at byte 32 where 32 "
           "are left"},
      },
      ".gguf");
}

TEST_CASE("a cut file is refused wherever it is cut") {
  const Folder folder;
  sample::Gguf gguf = one_float();
  gguf.pair("k", 9, raw<uint32_t>(8) + raw<uint64_t>(1) + sample::gguf_string("abc"));
  const auto plain = st(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", kFour);
  for (const auto& [ending, bytes] :
       {std::pair{".gguf", gguf.bytes()}, std::pair{".safetensors", plain}})
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      CAPTURE(cut);
      const auto path = folder.write(std::string("cut") + ending, bytes.substr(0, cut));
      CHECK(sample::refusal([&] { const TensorFile file(path); }).starts_with(path + ": "));
    }
}

TEST_CASE("a path that means no file of tensors is refused") {
  const Folder folder;
  const auto said = [&](const std::string& path) {
    return sample::refusal([&] { const TensorFile file(path); });
  };
  const auto at = folder.path.string();
  CHECK(said(at) == at + ": has neither model.safetensors nor model.safetensors.index.json nor a "
                         "*.gguf file");
  CHECK(said(at + "/absent.gguf") ==
        at + "/absent.gguf: cannot be read: No such file or directory");
  CHECK(said(at + "/absent") == at + "/absent: does not exist");
  CHECK(said(folder.write("weights.bin", "x")) ==
        at + "/weights.bin: is none of *.safetensors, *.safetensors.index.json and *.gguf");
  folder.write("pytorch_model.bin", "x");
  CHECK(said(at) == at + ": has pytorch_model.bin alone, which is a program to unpickle; save the "
                         "model as safetensors");
  folder.write("a.gguf", "x");
  folder.write("b.gguf", "x");
  CHECK(said(at) == at + ": has 2 *.gguf files; name the one that is meant");
}

TEST_CASE("an index that lies is refused") {
  const Folder folder;
  const auto header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const auto shard = folder.write("one", st(header, kFour));
  const auto said = [&](const std::string& index) {
    const auto path = folder.write("model.safetensors.index.json", index);
    auto text = sample::refusal([&] { const TensorFile file(path); });
    return text.starts_with(path) ? text.substr(path.size() + 2) : text;
  };
  const std::string none = "is no index of shards: it must be a JSON object with \"weight_map\"";
  CHECK(said("[") == none);
  CHECK(said("{}") == none);
  CHECK(said(R"({"weight_map":{"a":"../one"}})") ==
        "the weight_map's \"a\" must be the name of a file in the same folder");
  CHECK(said(R"({"weight_map":{"a":{"x":[[[[]]]]}}})") ==
        "the weight_map's \"a\" must be the name of a file in the same folder");
  CHECK(said(R"({"weight_map":{"b":"one"}})") ==
        shard + ": has no tensor \"b\", which model.safetensors.index.json says it has");
  CHECK(said(R"({"weight_map":{"a":"absent"}})") ==
        folder.path.string() + "/absent: cannot be read: No such file or directory");
}
