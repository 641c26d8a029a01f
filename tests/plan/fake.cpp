#include "core/base/sha256.hpp"
#include "tests/plan/fake.hpp"

namespace assay::test {
namespace {

ParamSchema param(const std::string& name, assay_type type, Json fallback) {
  ParamSchema p;
  p.name = name;
  p.type = type;
  p.fallback = std::move(fallback);
  if (p.fallback.is_null()) p.flags |= ASSAY_REQUIRED;
  return p;
}

PortSchema port(const std::string& name, assay_kind kind, uint32_t flags = 0,
                const std::string& format = "") {
  PortSchema p;
  p.name = name;
  p.kind = kind;
  p.flags = flags;
  p.format = format;
  return p;
}

/// Makes data: parameters of every type.
MethodSchema make_method() {
  MethodSchema m;
  m.name = "make";
  auto size = param("size", ASSAY_INT, 100);
  size.min = 1, size.max = 100000;
  auto shape = param("shape", ASSAY_STRING, "blob");
  shape.choices = {"blob", "ring", "line"};
  m.params = {size, shape, param("modes", ASSAY_REALS, Json::array({1.0, 2.0})),
              param("shuffle", ASSAY_BOOL, true)};
  m.inputs = {port("images", ASSAY_DIR, ASSAY_OPTIONAL, "images"),
              port("corpus", ASSAY_FILE, ASSAY_OPTIONAL)};
  m.outputs = {port("data", ASSAY_ARRAY, 0, "points"), port("report", ASSAY_ARTIFACT)};
  return m;
}

/// Trains: aliases, neutral and cosmetic parameters, a checkpoint, metrics, a table.
MethodSchema train_method() {
  MethodSchema m;
  m.name = "train";
  m.identity = 3;
  m.flags = ASSAY_RESUMABLE;
  m.has_check = true;
  auto lr = param("lr", ASSAY_REAL, 0.1);
  lr.min = 0, lr.flags |= ASSAY_OPEN_MIN;
  auto epochs = param("epochs", ASSAY_INT, 10);
  epochs.min = 1, epochs.aliases = {"passes", "num_epochs"};
  auto decay = param("decay", ASSAY_REAL, 0.0);
  decay.neutral = 0.0, decay.since = 3;
  auto log_every = param("log_every", ASSAY_INT, 10);
  log_every.flags |= ASSAY_COSMETIC;
  m.params = {lr,    epochs,    param("width", ASSAY_INT, 64),
              decay, log_every, param("net", ASSAY_STRING, "mlp")};
  m.inputs = {port("data", ASSAY_ARRAY, 0, "points"),
              port("init", ASSAY_CHECKPOINT, ASSAY_OPTIONAL)};
  auto times = port("times", ASSAY_TABLE, 0, "scores");
  times.fields = {{"id", "", "", ASSAY_INT}, {"time", "", "", ASSAY_REAL}};
  m.outputs = {port("model", ASSAY_CHECKPOINT, 0, "lm"),
               port("loss/*", ASSAY_SERIES, ASSAY_LOWER_IS_BETTER),
               port("accuracy", ASSAY_SERIES, ASSAY_HIGHER_IS_BETTER),
               port("final", ASSAY_SCALAR),
               times,
               port("weights", ASSAY_ARRAY),
               port("notes", ASSAY_TEXT),
               port("photos", ASSAY_ARRAY)};
  return m;
}

MethodSchema score_method() {
  MethodSchema m;
  m.name = "score";
  m.flags = ASSAY_SEEDLESS;
  m.params = {param("kind", ASSAY_STRING, "auc"), param("dataset", ASSAY_STRING, nullptr)};
  m.params[1].fallback = "a";
  m.params[1].flags = 0;
  auto times = port("times", ASSAY_TABLE, ASSAY_OPTIONAL);
  times.fields = {{"time", "", "", ASSAY_REAL}};
  m.inputs = {port("model", ASSAY_CHECKPOINT, 0, "lm"),
              port("reference", ASSAY_CHECKPOINT, ASSAY_OPTIONAL), times};
  m.outputs = {port("auc", ASSAY_SCALAR), port("ranking", ASSAY_TABLE)};
  return m;
}

MethodSchema sum_method() {
  MethodSchema m;
  m.name = "sum";
  m.flags = ASSAY_SEEDLESS;
  m.params = {param("how", ASSAY_STRING, "mean")};
  m.inputs = {port("runs", ASSAY_RUN, ASSAY_MANY)};
  m.outputs = {port("mean", ASSAY_SCALAR)};
  return m;
}

MethodSchema strict_method() {
  MethodSchema m;
  m.name = "strict";
  m.params = {param("task", ASSAY_STRING, nullptr)};
  m.inputs = {port("run", ASSAY_RUN, ASSAY_OPTIONAL), port("file", ASSAY_FILE, ASSAY_OPTIONAL),
              port("weights", ASSAY_DIR, ASSAY_OPTIONAL, "lm")};
  m.outputs = {port("done", ASSAY_SCALAR)};
  return m;
}

}  // namespace

PluginSchema toy_plugin() {
  PluginSchema p;
  p.name = "toy";
  p.version = "1.0";
  p.methods = {make_method(), train_method(), score_method(), sum_method(), strict_method()};
  return p;
}

std::string FakeDigests::file(const fs::path& path) {
  ++calls;
  return sha256("file " + path.filename().string());
}
std::string FakeDigests::tree(const fs::path& folder) {
  ++calls;
  return sha256("tree " + folder.filename().string());
}

Context::Context() {
  plugin_names = {"acr", "toy"};
  digests = &fake_digests;
  data_root = "/nonexistent";
  schema = [](const std::string& name) {
    if (name == "toy") return toy_plugin();
    throw BadInput("E030", "no plugin \"" + name + "\"; found: acr, toy");
  };
  environment = [](const std::string& name) {
    return name == "HOME_OF_DATA" ? std::optional<std::string>("here") : std::nullopt;
  };
}

Plan plan(const std::string& text, const std::vector<std::string>& overrides,
          const std::vector<std::string>& profiles) {
  Context context;
  ExperimentInput input;
  input.file = "test.toml";
  input.text = text;
  input.overrides = overrides;
  input.profiles = profiles;
  return make_plan(input, context);
}

std::string errors_of(const std::string& text, const std::vector<std::string>& overrides,
                      const std::vector<std::string>& profiles) {
  try {
    plan(text, overrides, profiles);
  } catch (const BadInput& error) {
    return render(error.messages());
  }
  return "";
}

std::vector<std::string> warnings_of(const Plan& p) {
  std::vector<std::string> out;
  for (const auto& w : p.warnings) out.push_back(w.code);
  return out;
}

std::vector<std::string> ids(const Plan& p, const std::string& stage) {
  std::vector<std::string> out;
  for (const auto& point : p.points)
    if (point.stage == stage) out.push_back(p.runs[point.run].id);
  return out;
}

std::vector<std::string> labels(const Plan& p, const std::string& stage) {
  std::vector<std::string> out;
  for (const auto& point : p.points)
    if (point.stage == stage)
      out.push_back(point.axes.empty() ? "" : point.label().substr(stage.size() + 1));
  return out;
}

const std::string kHead = "assay = 1\n[experiment]\nname = \"test\"\n";

}  // namespace assay::test
