#include "core/base/suggest.hpp"
#include "core/plan/layers.hpp"

#include <algorithm>
#include <set>

namespace assay {
namespace {

std::vector<std::string> keys_of(const Node* table) {
  std::vector<std::string> out;
  if (table)
    for (const auto& e : table->entries) out.push_back(e.key);
  return out;
}

std::string strings_of(const Node& node) {
  std::string out = node.is_string() ? node.text + "\n" : "";
  for (const auto& item : node.items) out += strings_of(item);
  for (const auto& e : node.entries) out += strings_of(e.value);
  return out;
}

/// Lays the wanted profiles over the document, and takes all of them out of it. Returns the text of
/// their strings.
std::string apply_profiles(Node& document, const std::vector<std::string>& wanted,
                           Findings& findings) {
  Node profiles;
  if (const Node* p = document.find("profile")) profiles = *p;
  document.erase("profile");
  if (!profiles.is_table()) {
    findings.error("E021", "\"profile\" must be a table, got " + describe(profiles),
                   profiles.place);
    return "";
  }
  for (const auto& e : profiles.entries)
    check_keys(e.value, "profile \"" + e.key + "\"", true, findings);
  for (const auto& name : wanted) {
    if (const Node* p = profiles.find(name))
      overlay_profile(document, *p);
    else
      findings.error("E026", "the file has no profile \"" + name + "\"", {},
                     did_you_mean(name, keys_of(&profiles)));
  }
  return strings_of(profiles);
}

/// Stages with what they inherit. `open` holds the stages that are being resolved.
class Extends {
 public:
  Extends(Node& stages, Findings& findings) : stages_(stages), findings_(findings) {}

  void resolve(Entry& stage) {
    if (!stage.value.is_table() || done_.contains(stage.key)) return;
    done_.insert(stage.key);
    open_.push_back(stage.key);
    inherit(stage);
    open_.pop_back();
  }

 private:
  void inherit(Entry& stage) {
    const Node* extends = stage.value.find("extends");
    if (!extends) return;
    if (!extends->is_string()) {
      findings_.error("E021", "\"extends\" must be the name of a stage, got " + describe(*extends),
                      extends->place);
      stage.value.unresolved = true;
      return;
    }
    const std::string parent = extends->text;
    const Place place = extends->place;
    if (std::find(open_.begin(), open_.end(), parent) != open_.end()) {
      std::string chain;
      for (const auto& name : open_) chain += "\"" + name + "\" extends ";
      findings_.error("E140", chain + "\"" + parent + "\"", place);
      stage.value.unresolved = true;
      return;
    }
    auto it = std::find_if(stages_.entries.begin(), stages_.entries.end(),
                           [&](const Entry& e) { return e.key == parent; });
    if (it == stages_.entries.end() || !it->value.is_table()) {
      findings_.error("E140", "no stage \"" + parent + "\"", place,
                      did_you_mean(parent, keys_of(&stages_)));
      stage.value.unresolved = true;
      return;
    }
    resolve(*it);
    Node merged = it->value;
    merged.erase("enabled");
    merged.erase("title");
    overlay(merged, stage.value);
    merged.place = stage.value.place;
    merged.unresolved = it->value.unresolved;
    merged.erase("extends");
    stage.value = std::move(merged);
  }

  Node& stages_;
  Findings& findings_;
  std::set<std::string> done_;
  std::vector<std::string> open_;
};

void apply_defaults(Node& document) {
  const Node* defaults = document.find("defaults");
  Node* stages = document.find("stage");
  if (!defaults || !stages) return;
  for (auto& stage : stages->entries) {
    if (!stage.value.is_table()) continue;
    for (const auto& e : defaults->entries) {
      if (e.key != "seeds" && e.key != "resources" && e.key != "retries") continue;
      Node below = e.value;
      if (const Node* own = stage.value.find(e.key)) overlay(below, *own);
      const Entry* own = stage.value.entry(e.key);
      stage.value.set({e.key, own ? own->place : e.place, std::move(below)});
    }
  }
}

}  // namespace

void overlay_profile(Node& document, const Node& profile) {
  if (!profile.is_table()) return;
  for (const auto& e : profile.entries) {
    if (Node* existing = document.find(e.key))
      overlay(*existing, e.value);
    else
      document.entries.push_back(e);
  }
}

void resolve_layers(Node& document, const Layers& layers, Findings& findings) {
  const std::string elsewhere = apply_profiles(document, layers.profiles, findings);
  for (const auto& text : layers.overrides) apply_override(document, text, findings);
  check_keys(document, "the top level", false, findings);
  if (Node* stages = document.find("stage"); stages && stages->is_table()) {
    Extends extends(*stages, findings);
    for (auto& stage : stages->entries) extends.resolve(stage);
  }
  apply_defaults(document);
  apply_variables(document, layers, elsewhere, findings);
}

}  // namespace assay
