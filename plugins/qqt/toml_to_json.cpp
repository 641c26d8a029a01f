#include "plugins/qqt/curve_files.hpp"

#include <toml++/toml.h>

#include <sstream>
#include <stdexcept>

namespace qqt {

std::string toml_to_json(const std::string& text, const std::string& path) {
  try {
    std::ostringstream out;
    out << toml::json_formatter(toml::parse(text));
    return out.str();
  } catch (const toml::parse_error& e) {
    throw std::invalid_argument(path + ": line " + std::to_string(e.source().begin.line) + ": " +
                                std::string(e.description()));
  }
}

}  // namespace qqt
