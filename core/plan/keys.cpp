// Which keys an experiment file may have.
#include "core/plan/fields.hpp"
#include "core/plan/layers.hpp"

namespace assay {

const std::vector<std::string> kTopKeys = {"assay", "experiment", "vars",    "defaults",
                                           "stage", "launcher",   "profile", "claim",
                                           "table", "plot",       "images",  "text"};
const std::vector<std::string> kStageKeys = {
    "method",    "extends", "title",      "params",  "seeds",  "grid",
    "zip",       "cases",   "exclude",    "inputs",  "needs",  "gather",
    "resources", "retries", "checkpoint", "isolate", "enabled"};

namespace {

void check_resources(const Fields& table, const std::string& what, Findings& findings) {
  if (const Node* r = table.table("resources"))
    Fields(*r, "resources of " + what, findings).only({"cpus", "gpus", "mem", "time"});
  if (const Node* r = table.table("retries"))
    Fields(*r, "retries of " + what, findings).only({"max", "on"});
}

void check_stage(const Entry& stage, Findings& findings) {
  const std::string what = "stage \"" + stage.key + "\"";
  const Fields f(stage.value, what, findings, stage.place);
  if (const Entry* e = stage.value.entry("rename")) {
    findings.error(
        "E020", "\"rename\" is not a key of a stage", e->place,
        "stages join where their axes have equal names; to keep two axes apart, give "
        "one of them another name in its own stage ([[stage.NAME.zip]], axis = \"...\")");
  }
  Node rest = stage.value;
  rest.erase("rename");
  Fields(rest, what, findings, stage.place).only(kStageKeys);
  check_resources(f, what, findings);
  if (const Node* c = f.table("checkpoint"))
    Fields(*c, "checkpoint of " + what, findings).only({"every"});
  for (const char* key : {"params", "grid", "inputs"}) f.table(key);
  if (const Node* gather = f.table("gather"))
    for (const auto& e : gather->entries)
      if (e.value.is_table())
        Fields(e.value, "gather \"" + e.key + "\" of " + what, findings)
            .only({"from", "over", "missing"});
}

void check_launcher(const Node& launcher, Findings& findings) {
  const Fields f(launcher, "[launcher]", findings);
  f.only({"kind", "jobs", "slurm", "env"});
  if (const Node* kind = f.node("kind"); kind && kind->is_string() && kind->text == "slurm")
    findings.error("E022", "launcher kind \"slurm\" is not accepted; allowed: \"local\"",
                   kind->place, "`assay run` starts runs on this machine");
  else
    f.choice("kind", {"local"}, "local");
  if (f.has("slurm"))
    findings.error("E020", "\"slurm\" goes with launcher kind \"slurm\"; allowed: \"local\"",
                   launcher.entry("slurm")->place);
}

}  // namespace

void check_keys(const Node& document, const std::string& where, bool is_profile,
                Findings& findings) {
  std::vector<std::string> keys = kTopKeys;
  if (is_profile) std::erase_if(keys, [](const auto& k) { return k == "assay" || k == "profile"; });
  const Fields top(document, where, findings);
  top.only(keys);
  if (const Node* t = top.table("experiment"))
    Fields(*t, "[experiment]", findings)
        .only({"name", "title", "description", "authors", "paper", "tags", "max_runs"});
  top.table("vars");
  if (const Node* t = top.table("defaults")) {
    const Fields f(*t, "[defaults]", findings);
    f.only({"seeds", "resources", "retries"});
    check_resources(f, "[defaults]", findings);
  }
  if (const Node* t = top.table("stage"))
    for (const auto& e : t->entries) check_stage(e, findings);
  if (const Node* t = top.table("launcher")) check_launcher(*t, findings);
  for (const char* list : {"claim", "table", "plot", "images", "text"}) top.tables(list);
}

}  // namespace assay
