// Values of a config.json, typed and bounded: the file is untrusted. Every error names the file,
// the key, what was found and what is allowed.
#pragma once
#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace assay::lm {

/// The keys of one object. A list of names is one value under the names that published files give
/// it: the first that is there counts; null counts as absent. A missing value without `otherwise`
/// is an error.
class Keys {
 public:
  using Names = std::initializer_list<const char*>;

  /// `place` is the file, and the object within it unless that is the whole file. `who` needs the
  /// keys. The object outlives the keys.
  Keys(const nlohmann::json& object, std::string place, std::string who)
      : object_(&object), place_(std::move(place)), who_(std::move(who)) {}

  const std::string& place() const { return place_; }
  /// Whether the key is there, be it null.
  bool mentions(const char* name) const { return object_->contains(name); }
  /// Null if there is none.
  const nlohmann::json* find(Names names) const;
  /// The object of that name; std::nullopt if there is none.
  std::optional<Keys> inside(const char* name) const;

  int64_t integer(Names names, int64_t least, int64_t greatest,
                  std::optional<int64_t> otherwise = {}) const;
  double number(Names names, double least, double greatest,
                std::optional<double> otherwise = {}) const;
  bool flag(Names names, bool otherwise) const;
  std::string text(Names names, std::optional<std::string> otherwise = {}) const;

  /// std::invalid_argument: PLACE: "NAME" `what`.
  [[noreturn]] void refuse(const char* name, const std::string& what) const;

 private:
  const nlohmann::json& needed(Names names) const;

  const nlohmann::json* object_;
  std::string place_, who_;
};

/// The object that a config.json is. std::invalid_argument if it is no JSON object, nested more
/// than 32 deep, or longer than 16 MiB.
nlohmann::json parse_config(std::string_view text, const std::string& path);

}  // namespace assay::lm
