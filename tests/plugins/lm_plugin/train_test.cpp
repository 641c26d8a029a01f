// Method `train`: from scratch, on from a model, with LoRA, and what it refuses.
#include "tests/plugins/lm_plugin/lm_host.hpp"

using namespace lm_test;

namespace {

using Bytes = std::vector<uint8_t>;

Bytes parameter(const fake::Run& run, const std::string& name) {
  return run.out.checkpoints.at("model").at(name).bytes;
}
std::vector<std::string> names(const fake::Run& run) {
  std::vector<std::string> out;
  for (const auto& [name, item] : run.out.checkpoints.at("model")) out.push_back(name);
  return out;
}

const char* const kEmbedding = "transformer.wte.weight";
const char* const kAttention = "transformer.h.0.attn.c_attn.weight";

}  // namespace

TEST_CASE("a model from scratch learns its text") {
  const auto& out = base().out;
  const double before = out.metric("bits_per_byte_before");
  CHECK(before > 3);  // of at most log2(280) = 8.1 bits a token
  CHECK(out.metric("bits_per_byte_after") < 0.5 * before);
  CHECK(out.metrics.at("loss").back().second < 0.5 * out.metrics.at("loss").front().second);
  CHECK(out.column("documents", "documents").as<int64_t>() == std::vector<int64_t>{40, 6});
}

TEST_CASE("evaluations stand at step 0, at every eval_every steps and at the end") {
  const auto run = train(tiny());
  REQUIRE_MESSAGE(run.ok(), run.message);
  std::vector<int64_t> at;
  for (const auto& [step, value] : run.out.metrics.at("bits_per_byte")) at.push_back(step);
  CHECK(at == std::vector<int64_t>{0, 5, 10, 12});
  at.clear();
  for (const auto& [step, value] : run.out.metrics.at("loss")) at.push_back(step);
  CHECK(at == std::vector<int64_t>{3, 6, 9, 12});
}

TEST_CASE("training that stops and goes on ends in the same bits") {
  for (const int64_t rank : {0, 2}) {
    CAPTURE(rank);
    const auto params = tiny({{"lora_rank", rank}, {"micro_batches", int64_t{2}}});
    const fake::Inputs inputs =
        rank ? fake::Inputs{{"model", {base_model()}}} : fake::Inputs{};  // LoRA on from a model
    const auto whole = train(params, inputs);
    REQUIRE_MESSAGE(whole.ok(), whole.message);
    for (const int64_t stop : {0, 1, 7, 11}) {
      CAPTURE(stop);
      const auto first = train(params, inputs, {.stop_at_poll = stop});
      CHECK(first.status == ASSAY_CANCELLED);
      const auto second = train(params, inputs, {.resumes = &first});
      REQUIRE_MESSAGE(second.ok(), second.message);
      CHECK(second.out == whole.out);
    }
  }
}

TEST_CASE("the seed decides what is held out and where a model begins") {
  const auto one = train(tiny(), {}, {.seed = 1}), again = train(tiny(), {}, {.seed = 1}),
             two = train(tiny(), {}, {.seed = 2});
  REQUIRE_MESSAGE(two.ok(), two.message);
  CHECK(one.out == again.out);
  CHECK(parameter(one, kEmbedding) != parameter(two, kEmbedding));
  CHECK(one.out.column("documents", "documents").as<int64_t>() == std::vector<int64_t>{36, 4});
}

TEST_CASE("fine-tuning begins where the model it was given ended") {
  const auto run =
      train(tiny({{"lr", 1e-3}}), {{"model", {base_model()}}, {"held_out", {held_out()}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("bits_per_byte_before") == base().out.metric("bits_per_byte_after"));
  CHECK(run.out.metric("bits_per_byte_after") < run.out.metric("bits_per_byte_before"));
  CHECK(names(run) == names(base()));
}

TEST_CASE("only the parameters that an expression names are trained") {
  const auto run = train(tiny({{"trainable", std::string("c_attn")}}), {{"model", {base_model()}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("parameters") == 16 * 48 + 48);
  CHECK(parameter(run, kEmbedding) == parameter(base(), kEmbedding));
  CHECK(parameter(run, kAttention) != parameter(base(), kAttention));
}

TEST_CASE("a fresh LoRA changes nothing") {
  // The only step is the first of the warm-up, whose rate is 0.
  const auto run =
      train(tiny({{"lora_rank", int64_t{4}}, {"steps", int64_t{1}}, {"warmup", int64_t{1}}}),
            {{"model", {base_model()}}, {"held_out", {held_out()}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("bits_per_byte_before") == base().out.metric("bits_per_byte_after"));
  for (const auto& name : names(base())) {
    CAPTURE(name);
    CHECK(parameter(run, name) == parameter(base(), name));
  }
}

TEST_CASE("what LoRA learned is in the weights at the end") {
  const fake::Inputs held{{"model", {base_model()}}, {"held_out", {held_out()}}};
  const auto run =
      train(tiny({{"lora_rank", int64_t{4}}, {"lora_on", std::string("c_attn")}}), held);
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("parameters") == 4 * (16 + 48));
  CHECK(names(run) == names(base()));
  CHECK(parameter(run, kEmbedding) == parameter(base(), kEmbedding));
  CHECK(parameter(run, kAttention) != parameter(base(), kAttention));

  // The merged model is as good as the one with additions was.
  const auto next = train(tiny({{"steps", int64_t{1}}, {"warmup", int64_t{1}}}),
                          {{"model", {{run, "model"}}}, {"held_out", {held_out()}}});
  REQUIRE_MESSAGE(next.ok(), next.message);
  CHECK(next.out.metric("bits_per_byte_before") ==
        doctest::Approx(run.out.metric("bits_per_byte_after")).epsilon(1e-5));  // fp32 sums
  CHECK(run.out.metric("bits_per_byte_after") < run.out.metric("bits_per_byte_before"));
}

TEST_CASE("every architecture trains from scratch") {
  for (const char* architecture :
       {"gpt2", "gpt_neox", "gpt_neo", "llama", "mistral", "qwen2", "phi"}) {
    CAPTURE(architecture);
    const auto run =
        train(tiny({{"architecture", std::string(architecture)}, {"steps", int64_t{30}}}));
    REQUIRE_MESSAGE(run.ok(), run.message);
    CHECK(run.out.metric("bits_per_byte_after") < 0.9 * run.out.metric("bits_per_byte_before"));
  }
}

TEST_CASE("training without held-out text says what to change") {
  const auto none = train(tiny({{"held_out", 0.0}}));
  CHECK(says(none, "40 documents to train on and 0 held out"));
  CHECK(says(none, "change held_out"));
  const File letters("letters.txt", "a");
  CHECK(says(train(tiny(), {{"held_out", {letters.path()}}}), "no held-out document has a token"));
}

TEST_CASE("training refuses what does not fit, in a sentence") {
  CHECK(says(train(tiny({{"length", int64_t{33}}})), "its context has 32 tokens"));
  const File tokenizer("tokenizer.json", "{}");
  CHECK(says(train(tiny(), {{"model", {base_model()}}, {"tokenizer", {tokenizer.path()}}}),
             "leave the input tokenizer out"));
  CHECK(
      host().refusal("train", {{"warmup", int64_t{9}}, {"steps", int64_t{5}}}).find("warmup = 9") !=
      std::string::npos);
  CHECK(host()
            .refusal("train", {{"lora_rank", int64_t{2}}, {"trainable", std::string("x")}})
            .find("LoRA") != std::string::npos);
  CHECK(
      host().refusal("train", {{"width", int64_t{10}}, {"heads", int64_t{4}}}).find("width = 10") !=
      std::string::npos);
}
