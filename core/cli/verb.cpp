#include "core/base/error.hpp"
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/cli/verb.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

namespace assay::cli {
namespace po = boost::program_options;

std::string Arguments::get(const std::string& option, const std::string& fallback) const {
  const auto it = values_.find(option);
  return it == values_.end() || it->second.empty() ? fallback : it->second.back();
}

std::vector<std::string> Arguments::all(const std::string& option) const {
  const auto it = values_.find(option);
  return it == values_.end() ? std::vector<std::string>{} : it->second;
}

long Arguments::number(const std::string& option, long fallback, long least) const {
  if (!has(option)) return fallback;
  const std::string text = get(option);
  size_t used = 0;
  long value = 0;
  try {
    value = std::stol(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used != text.size() || text.empty() || value < least)
    throw BadInput("E160", fmt::format("--{} takes a whole number of at least {}, got \"{}\"",
                                       option, least, text));
  return value;
}

namespace {

po::options_description describe(const Verb& verb) {
  po::options_description description;
  auto add = description.add_options();
  for (const auto& o : verb.options) {
    const std::string names = o.letter ? o.name + "," + o.letter : o.name;
    if (o.argument.empty())
      add(names.c_str(), "");
    else
      add(names.c_str(), po::value<std::vector<std::string>>()->composing());
  }
  add("help,h", "");
  return description;
}

[[noreturn]] void unknown_option(const Verb& verb, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& o : verb.options) known.push_back("--" + o.name);
  std::string help = did_you_mean(name, known);
  if (!help.empty()) help += " ";
  throw BadInput("E160", fmt::format("`assay {}` has no option {}", verb.name, name),
                 help + "`assay " + verb.name + " --help` lists them");
}

}  // namespace

Arguments parse(const Verb& verb, const std::vector<std::string>& words) {
  Arguments arguments;
  arguments.words = words;
  const auto description = describe(verb);
  const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  try {
    auto parsed =
        po::command_line_parser(words).options(description).style(style).allow_unregistered().run();
    for (const auto& option : parsed.options) {
      if (option.position_key >= 0) {
        arguments.positional.insert(arguments.positional.end(), option.value.begin(),
                                    option.value.end());
      } else if (option.unregistered) {
        unknown_option(verb, option.original_tokens.empty() ? option.string_key
                                                            : option.original_tokens.front());
      } else {
        auto& values = arguments.values_[option.string_key];
        values.insert(values.end(), option.value.begin(), option.value.end());
      }
    }
  } catch (const po::error& e) {
    throw BadInput("E160", fmt::format("`assay {}`: {}", verb.name, e.what()),
                   "`assay " + verb.name + " --help` shows how it is used");
  }
  const auto n = static_cast<int>(arguments.positional.size());
  if (!arguments.has("help") && (n < verb.least || (verb.most >= 0 && n > verb.most)))
    throw BadInput("E160",
                   n < verb.least
                       ? fmt::format("`assay {}` needs {}", verb.name, verb.operands)
                       : fmt::format("`assay {}` takes {}; \"{}\" is one too many", verb.name,
                                     verb.operands.empty() ? "no operand" : verb.operands,
                                     arguments.positional[static_cast<size_t>(verb.most)]),
                   "`assay " + verb.name + " --help` shows how it is used");
  return arguments;
}

const Verb* find_verb(const std::string& name) {
  for (const auto& verb : verbs())
    if (verb.name == name) return &verb;
  return nullptr;
}

std::string help() {
  std::string out =
      "assay - run experiments on what models memorise, invent and unlearn, and check the "
      "claims\n\n"
      "usage: assay COMMAND ...\n\n";
  for (const auto& verb : verbs())
    if (!verb.hidden) out += fmt::format("  {:<10} {}\n", verb.name, verb.summary);
  out +=
      "\n`assay COMMAND --help` says more.\n"
      "exit codes: 0 done, 1 some run failed, 2 bad input, 3 a claim fails or is insufficient,\n"
      "            4 interrupted (the same command resumes), 5 internal\n";
  return out;
}

std::string help(const Verb& verb) {
  std::string out = fmt::format("assay {} - {}\n\nusage: assay {}{}{}\n", verb.name, verb.summary,
                                verb.name, verb.options.empty() ? "" : " [OPTION...]",
                                verb.operands.empty() ? "" : " " + verb.operands);
  if (!verb.details.empty()) out += "\n" + verb.details + "\n";
  if (!verb.options.empty()) out += "\noptions:\n";
  for (const auto& o : verb.options) {
    std::string left = o.letter ? fmt::format("-{}, --{}", o.letter, o.name) : "    --" + o.name;
    if (!o.argument.empty()) left += " " + o.argument;
    out += fmt::format("  {:<26} {}{}\n", left, o.help, o.repeated ? " (may be repeated)" : "");
  }
  return out;
}

std::string bash_completion() {
  std::vector<std::string> names;
  std::string cases;
  for (const auto& verb : verbs()) {
    if (verb.hidden) continue;
    names.push_back(verb.name);
    std::vector<std::string> options{"--help"};
    for (const auto& o : verb.options) options.push_back("--" + o.name);
    std::string operands = "COMPREPLY=($(compgen -f -- \"$word\"))";
    if (verb.completes == "plugins")
      operands = "COMPREPLY=($(compgen -W \"$(assay plugins --names 2>/dev/null)\" -- \"$word\"))";
    if (verb.completes == "datasets")
      operands =
          "COMPREPLY=($(compgen -W \"fetch list $(assay data list --names 2>/dev/null)\" -- "
          "\"$word\"))";
    if (verb.completes == "runs")
      operands =
          "COMPREPLY=($(compgen -W \"latest $(assay status --names 2>/dev/null)\" -- \"$word\"))";
    cases += fmt::format(
        "    {})\n      case $word in\n        -*) COMPREPLY=($(compgen -W \"{}\" -- \"$word\")) "
        ";;\n"
        "        *) {} ;;\n      esac ;;\n",
        verb.name, join(options, " "), operands);
  }
  return "# bash completion of assay; load it with: source <(assay completion)\n"
         "_assay() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]}\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    COMPREPLY=($(compgen -W \"" +
         join(names, " ") +
         "\" -- \"$word\"))\n"
         "    return\n  fi\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases + "  esac\n}\ncomplete -o filenames -F _assay assay\n";
}

}  // namespace assay::cli
