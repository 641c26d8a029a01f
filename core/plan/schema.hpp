// What a plugin says of itself, as the host keeps it: the descriptor tree of assay.h by value.
#pragma once
#include "core/base/json.hpp"

#include <assay/assay.h>

#include <string>
#include <vector>

namespace assay {

struct ParamSchema {
  std::string name, doc, unit;
  assay_type type = 0;
  uint32_t flags = 0;
  Json fallback, min, max, neutral;           // null: absent
  std::vector<std::string> choices, aliases;  // aliases: oldest first
  int since = 0;
  bool required() const { return flags & ASSAY_REQUIRED; }
  bool cosmetic() const { return flags & ASSAY_COSMETIC; }
  bool is_list() const { return type & 16; }
  /// The name that enters the identity.
  const std::string& oldest_name() const { return aliases.empty() ? name : aliases.front(); }
};

struct FieldSchema {
  std::string name, doc, unit;
  assay_type type = 0;
};

struct PortSchema {
  std::string name, doc, unit, format;
  assay_kind kind = 0;
  uint32_t flags = 0;
  std::vector<FieldSchema> fields;
  bool optional() const { return flags & ASSAY_OPTIONAL; }
  bool many() const { return flags & ASSAY_MANY; }
};

struct MethodSchema {
  std::string name, summary, doc;
  int identity = 1;
  uint32_t flags = 0;
  bool has_check = false, has_estimate = false;
  std::vector<ParamSchema> params;
  std::vector<PortSchema> inputs, outputs;
  const ParamSchema* param(const std::string& name_or_alias) const;
  const PortSchema* input(const std::string& name) const;
  /// The output that declares `name`; a family "loss/*" declares "loss/train".
  const PortSchema* output(const std::string& name) const;
};

struct PluginSchema {
  std::string name, version, summary, citation, build;
  int abi_major = 0, abi_minor = 0;
  std::string path, sha256;  // of the library
  std::vector<MethodSchema> methods;
  const MethodSchema* method(const std::string& name) const;
};

std::string type_name(assay_type type);  // "bool", "int", "real", "string", "list of int", ...
std::string kind_name(assay_kind kind);  // "scalar", "series", "table", ...

Json to_json(const PluginSchema& plugin);
/// Throws BadInput when the document is not one that to_json made.
PluginSchema plugin_schema(const Json& document);

}  // namespace assay
