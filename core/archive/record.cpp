// The record of a run: beside its journal as run.json, later inside run.h5. And its artifacts.
#include "core/archive/archive.hpp"
#include "core/archive/descriptor.hpp"
#include "core/base/error.hpp"

namespace assay {
namespace {

std::string text_or_empty(const Archive& archive, const std::string& path) {
  return archive.has(path) ? archive.text(path) : "";
}

Json json_or_null(const Archive& archive, const std::string& path) {
  return Json::parse(text_or_empty(archive, path), nullptr, false);
}

RunRecord from_archive(const Archive& archive) {
  const Json root = archive.attributes();
  RunRecord r;
  r.id = root.value("run_id", "");
  r.plugin = root.value("plugin", "");
  r.method = root.value("method", "");
  r.identity = root.value("identity", 1);
  r.seed = root.value("seed", uint64_t{0});
  r.state = root.value("state", "");
  r.message = root.value("message", "");
  r.canonical = text_or_empty(archive, "config/canonical_json");
  r.experiment_toml = text_or_empty(archive, "config/experiment_toml");
  r.params = json_or_null(archive, "config/params_json");
  r.inputs = json_or_null(archive, "config/inputs_json");
  r.schema = json_or_null(archive, "config/outputs_json");
  r.provenance = archive.attributes("provenance");
  return r;
}

}  // namespace

void write_record(const fs::path& folder, const RunRecord& r) {
  const Json json = {{"id", r.id},
                     {"plugin", r.plugin},
                     {"method", r.method},
                     {"canonical", r.canonical},
                     {"identity", r.identity},
                     {"params", r.params},
                     {"seed", r.seed},
                     {"inputs", r.inputs},
                     {"outputs", r.schema},
                     {"experiment_toml", r.experiment_toml},
                     {"provenance", r.provenance},
                     {"state", r.state},
                     {"message", r.message}};
  make_folder(folder);
  write_file(folder / "run.json", json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::optional<RunRecord> read_record(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder / "run.json", ignored)) {
    if (!fs::exists(folder / "run.h5", ignored)) return std::nullopt;
    return from_archive(Archive(folder / "run.h5"));
  }
  const Json json = Json::parse(read_file(folder / "run.json"), nullptr, false);
  if (!json.is_object())
    throw Failure((folder / "run.json").string() + " is damaged: it is not a JSON object");
  RunRecord r;
  try {
    r.id = json.at("id");
    r.plugin = json.at("plugin");
    r.method = json.at("method");
    r.canonical = json.at("canonical");
    r.identity = json.at("identity");
    r.params = json.at("params");
    r.seed = json.at("seed");
    r.inputs = json.at("inputs");
    r.schema = json.at("outputs");
    r.experiment_toml = json.at("experiment_toml");
    r.provenance = json.at("provenance");
    r.state = json.at("state");
    r.message = json.at("message");
  } catch (const Json::exception& e) {
    throw Failure((folder / "run.json").string() + " is damaged: " + e.what());
  }
  return r;
}

fs::path artifact(const fs::path& folder, const std::string& name) {
  const Archive archive(folder / "run.h5");
  const std::string path = "artifacts/" + name;
  const Json about = archive.has(path) ? archive.attributes(path) : Json::object();
  if (!about.contains("original"))
    throw Failure((folder / "run.h5").string() + " has no artifact \"" + name + "\"");
  const fs::path file = folder / artifact_file(name, about["original"].get<std::string>());
  if (fs::exists(file)) return file;
  if (!about.value("inside", true))
    throw Failure(file.string() + " is gone, and too large to be inside run.h5");
  const Array bytes = archive.read(path);
  make_folder(file.parent_path());
  write_file(file, {reinterpret_cast<const char*>(bytes.bytes.data()), bytes.bytes.size()});
  return file;
}

}  // namespace assay
