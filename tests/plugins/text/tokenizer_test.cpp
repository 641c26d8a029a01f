#include "plugins/common/text/tokenizer.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

using namespace assay::text;
using nlohmann::json;

namespace {

/// Words of lower-case letters, as tokenizer.json; `more` replaces fields of it.
json word_document(const json& more = json::object()) {
  json document = {{"added_tokens", json::array()},
                   {"pre_tokenizer", {{"type", "WhitespaceSplit"}}},
                   {"model",
                    {{"type", "WordLevel"},
                     {"unk_token", "?"},
                     {"vocab", {{"?", 0}, {"a", 1}, {"b", 2}, {"c", 3}}}}}};
  document.update(more);
  return document;
}

Tokenizer from(const json& document) { return Tokenizer::from_json(document.dump(), "test"); }

json added(const char* content, int id, const json& more = json::object()) {
  json token = {{"content", content}, {"id", id}, {"special", true}, {"normalized", false}};
  token.update(more);
  return {{"added_tokens", json::array({token})}};
}

std::string refusal_of(const std::string& text) {
  try {
    Tokenizer::from_json(text, "file.json");
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

Tokenizer trained() {
  const std::vector<std::string> texts = {"low lower lowest, new newer newest; 'tis the lowest",
                                          "Grüße aus Köln, 你好世界, 你好"};
  const std::vector<std::string> special = {"<|end|>"};
  return Tokenizer::train_byte_level_bpe(texts, 300, special);
}

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("assay_text_" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const char* name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
  }
};

}  // namespace

TEST_CASE("special tokens are parsed only where it is asked for") {
  const Tokenizer tokenizer = from(word_document(added("<s>", 4)));
  CHECK(tokenizer.encode("a<s> b", {true, true}) == std::vector<Id>{1, 4, 2});
  CHECK(tokenizer.encode("a<s> b") == std::vector<Id>{0, 2});
  const std::vector<Piece> pieces = {{"<s>", true}, {"a <s> b ", false}, {"<s>", true}};
  CHECK(tokenizer.encode(pieces) == std::vector<Id>{4, 1, 0, 2, 4});
}

TEST_CASE("a special token that begins in markup and ends in a user's text is none") {
  const Tokenizer tokenizer = from(word_document(added("<s>", 4)));
  const std::vector<Piece> pieces = {{"a <", true}, {"s> b", false}};
  CHECK(tokenizer.encode(pieces) == std::vector<Id>{1, 0, 2});
}

TEST_CASE("a token with lstrip takes the space before it, and its span says so") {
  const Tokenizer tokenizer = from(word_document(added("<mask>", 4, {{"lstrip", true}})));
  const Encoding encoding = tokenizer.encode_with_spans("a  <mask> b", {true, true});
  CHECK(encoding.ids == std::vector<Id>{1, 4, 2});
  CHECK(encoding.spans == std::vector<Span>{{0, 1}, {1, 9}, {10, 11}});
}

TEST_CASE("a single word is not found inside another") {
  const Tokenizer tokenizer =
      from(word_document(added("cat", 4, {{"single_word", true}, {"special", false}})));
  CHECK(tokenizer.encode("cat. cats") == std::vector<Id>{4, 0, 0});
}

TEST_CASE("invalid UTF-8 is refused with the offset of its first byte") {
  const Tokenizer tokenizer = trained();
  for (const auto& [text, at] :
       std::vector<std::pair<std::string, std::string>>{{"abc\xFF", "byte 3"},
                                                        {"\xC3\xA9\xC3", "byte 2"},
                                                        {"12345678\xED\xA0\x80", "byte 8"},
                                                        {"\xF4\x90\x80\x80", "byte 0"},
                                                        {"a\xC0\x80", "byte 1"}}) {
    CAPTURE(text);
    std::string refusal;
    try {
      tokenizer.encode(text);
    } catch (const std::invalid_argument& error) {
      refusal = error.what();
    }
    CHECK(refusal.ends_with(at));
  }
}

TEST_CASE("byte-level text comes back whole, and a stream gives out whole characters") {
  const Tokenizer tokenizer = trained();
  const std::string text = "newest 你好, Grüße 👩‍👩‍👧 \t\n end";
  const auto ids = tokenizer.encode(text);
  CHECK(tokenizer.decode(ids) == text);
  StreamDecoder stream(tokenizer);
  std::string streamed;
  for (const Id id : ids) {
    const std::string added = stream.push(id);
    CHECK(added.find("\xEF\xBF\xBD") == std::string::npos);
    streamed += added;
  }
  CHECK(streamed + stream.finish() == text);
}

TEST_CASE("a character that is never completed comes at the end of a stream as U+FFFD") {
  const Tokenizer tokenizer = trained();
  const auto ids = tokenizer.encode("\xF0\x9F\x91\xA9");  // four tokens: no merge was learnt
  REQUIRE(ids.size() == 4);
  StreamDecoder stream(tokenizer);
  CHECK(stream.push(ids[0]).empty());
  CHECK(stream.push(ids[1]).empty());
  CHECK(stream.finish() == "\xEF\xBF\xBD");
}

TEST_CASE("a byte that makes no character costs a stream nothing but itself") {
  json vocabulary = {{"?", 0}, {"a", 1}};
  for (const char* byte : {"<0xF0>", "<0x9F>", "<0x91>", "<0xA9>"}) {
    vocabulary[byte] = vocabulary.size();
  }
  const Tokenizer tokenizer = from(word_document(
      {{"decoder", {{"type", "ByteFallback"}}},
       {"model", {{"type", "WordLevel"}, {"unk_token", "?"}, {"vocab", vocabulary}}}}));
  StreamDecoder stream(tokenizer);
  std::string streamed;
  for (const Id id : {2, 3, 4, 5, 2, 1}) streamed += stream.push(id);
  CHECK(streamed + stream.finish() ==
        "\xF0\x9F\x91\xA9\xEF\xBF\xBD"
        "a");
}

TEST_CASE("ids that no token has add nothing to a stream") {
  const Tokenizer tokenizer = from(word_document());
  StreamDecoder stream(tokenizer);
  CHECK(stream.push(1) == "a");
  for (const Id id : {4, 1 << 20, -1}) CHECK(stream.push(id).empty());
  CHECK(stream.push(2) == " b");
  CHECK(stream.finish().empty());
}

TEST_CASE("to_json gives the same tokenizer back") {
  const Tokenizer tokenizer = trained();
  const Tokenizer again = Tokenizer::from_json(tokenizer.to_json(), "again");
  const std::string text = "the lowest <|end|> newest 你好";
  CHECK(again.encode(text, {true, true}) == tokenizer.encode(text, {true, true}));
  CHECK(again.to_json() == tokenizer.to_json());
  CHECK(again.size() == 300);
}

TEST_CASE("long words are merged as short ones are") {
  const Tokenizer tokenizer = trained();
  std::string text;
  for (int i = 0; i < 300; ++i) text += "lowest";
  const auto ids = tokenizer.encode(text);
  const auto one = tokenizer.encode("lowest");
  CHECK(ids.size() == 300 * one.size());
  CHECK(tokenizer.decode(ids) == text);
}

TEST_CASE("a folder with vocab.json and merges.txt is GPT-2's form") {
  const Folder folder;
  const json document = json::parse(trained().to_json());
  folder.write("vocab.json", document["model"]["vocab"].dump());
  std::string merges = "#version: 0.2\n";
  for (const auto& merge : document["model"]["merges"]) {
    merges += merge[0].get<std::string>() + " " + merge[1].get<std::string>() + "\n";
  }
  folder.write("merges.txt", merges);
  folder.write("tokenizer_config.json", R"({"eos_token": {"content": "<|end|>"}})");
  const Tokenizer tokenizer = Tokenizer::read(folder.path.string());
  const std::string text = "the lowest <|end|> newest";
  CHECK(tokenizer.encode(text, {true, true}) == trained().encode(text, {true, true}));
  CHECK(tokenizer.token(tokenizer.eos()) == "<|end|>");
}

TEST_CASE("a folder with vocab.txt is BERT's form, and its config decides on case") {
  const Folder folder;
  folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##able\nUn\n!\n");
  const Tokenizer lower = Tokenizer::read(folder.path.string());
  CHECK(lower.encode("Unable!") == std::vector<Id>{2, 5, 6, 8, 3});
  CHECK(lower.encode("un[MASK]", {false, true}) == std::vector<Id>{5, 4});
  CHECK(lower.mask() == 4);
  folder.write("tokenizer_config.json", R"({"do_lower_case": false})");
  const Tokenizer cased = Tokenizer::read((folder.path / "vocab.txt").string());
  CHECK(cased.encode("Unable!", {false}) == std::vector<Id>{7, 6, 8});
}

TEST_CASE("what is wrong with a list of tokens, or beside it, names the file") {
  const Folder folder;
  const auto refusal = [&](const char* name) {
    try {
      Tokenizer::read((folder.path / name).string());
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string here = folder.path.string() + "/";
  folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n");
  CHECK(refusal("vocab.txt") == here + "vocab.txt: it lacks the token \"[SEP]\"");
  folder.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\n");
  folder.write("tokenizer_config.json", R"({"added_tokens_decoder": {"0": "[UNK]"}})");
  CHECK(refusal("vocab.txt").starts_with(here + "vocab.txt: an object with \"content\" was"));
  folder.write("merges.txt", "");
  folder.write("tokenizer_config.json", "{}");
  folder.write("vocab.json", R"({"<|endoftext|>": "x"})");
  CHECK(refusal("vocab.json").find("has the id \"x\"") != std::string::npos);
  folder.write("chat_template.jinja", "{{ \xFF }}");
  CHECK(refusal("vocab.json") == here + "chat_template.jinja: it is no UTF-8 at byte 3");
}

TEST_CASE("a decoder, or an added token, that grows without end is refused") {
  json steps = json::array(), normalizers = json::array();
  for (int i = 0; i < 40; ++i) {
    const json twice = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}};
    steps.push_back(twice);
    if (i < 20) normalizers.push_back(twice);
  }
  const Tokenizer tokenizer =
      from(word_document({{"decoder", {{"type", "Sequence"}, {"decoders", steps}}}}));
  CHECK_THROWS_AS(tokenizer.decode(std::vector<Id>{1}), std::invalid_argument);
  json document = word_document(added("a", 1, {{"normalized", true}}));
  document["normalizer"] = {{"type", "Sequence"}, {"normalizers", normalizers}};
  CHECK(refusal_of(document.dump()).find("65536 are allowed") != std::string::npos);
}

TEST_CASE("what is wrong with a file is one sentence that names it") {
  const auto changed = [](const char* pointer, const json& value) {
    json document = word_document();
    document[json::json_pointer(pointer)] = value;
    return refusal_of(document.dump());
  };
  CHECK(refusal_of("{").starts_with("file.json: "));
  CHECK(refusal_of("[]").starts_with("file.json: "));
  CHECK(refusal_of("{}") == "file.json: it has no \"model\"");
  CHECK(refusal_of(std::string(100, '[')) == "file.json: it is nested more than 64 deep");
  CHECK(changed("/model/type", "Unigram").find("supported are: BPE") != std::string::npos);
  CHECK(changed("/model/vocab/a", -1).find("\"a\" has the id -1") != std::string::npos);
  CHECK(changed("/model/vocab/a", 2000000000).find("few gaps") != std::string::npos);
  CHECK(changed("/model/vocab/a", 2).find("has the id 2") != std::string::npos);
  CHECK(changed("/pre_tokenizer/type", "Odd").find("WhitespaceSplit") != std::string::npos);
  CHECK(changed("/pre_tokenizer", {{"type", "Split"}, {"pattern", {{"Regex", "("}}}})
            .find("the expression ( is wrong") != std::string::npos);
  json bpe = word_document();
  bpe["model"] = {{"type", "BPE"}, {"vocab", {{"a", 0}}}, {"merges", {"a b"}}};
  CHECK(refusal_of(bpe.dump()).find("merge 0 needs the token \"b\"") != std::string::npos);
  bpe["model"] = {{"type", "BPE"}, {"vocab", {{"a", 0}}}, {"merges", {"a"}}};
  CHECK(refusal_of(bpe.dump()).find("neither") != std::string::npos);
  bpe["model"] = {
      {"type", "BPE"}, {"vocab", {{"a", 0}}}, {"merges", json::array()}, {"dropout", 0.1}};
  CHECK(refusal_of(bpe.dump()).find("dropout 0.1") != std::string::npos);
  CHECK_THROWS_AS(Tokenizer::read("/nowhere"), std::invalid_argument);
  CHECK_THROWS_AS(trained().token(300), std::invalid_argument);
}
