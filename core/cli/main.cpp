// assay: finds the command, parses its words, turns what goes wrong into a sentence and an exit
// code.
#include "core/base/error.hpp"
#include "core/base/suggest.hpp"
#include "core/cli/verb.hpp"
#include "core/run/main.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <unistd.h>

namespace {

enum { kDone = 0, kBadInput = 2, kInternal = 5 };

using assay::BadInput;
using assay::did_you_mean;
using assay::cli::find_verb;
using assay::cli::help;
using assay::cli::parse;
using assay::cli::Verb;
using assay::cli::verbs;

int dispatch(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" ||
      (words[0] == "help" && words.size() == 1)) {
    fmt::print("{}", help());
    return kDone;
  }
  if (words[0] == "--version") {
    fmt::print("assay {}\n", ASSAY_VERSION);
    return kDone;
  }
  const bool asks = words[0] == "help";
  const std::string name = asks ? words[1] : words[0];
  const Verb* verb = find_verb(name);
  if (!verb) {
    std::vector<std::string> known;
    for (const auto& v : verbs())
      if (!v.hidden) known.push_back(v.name);
    throw BadInput("E160", fmt::format("assay has no command \"{}\"", name),
                   did_you_mean(name, known) + (did_you_mean(name, known).empty() ? "" : " ") +
                       "`assay --help` lists them");
  }
  if (asks) {
    fmt::print("{}", help(*verb));
    return kDone;
  }
  const auto arguments = parse(*verb, {words.begin() + 1, words.end()});
  if (arguments.has("help")) {
    fmt::print("{}", help(*verb));
    return kDone;
  }
  return verb->run(arguments);
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = assay::hidden_command(argc, argv)) return *code;
  try {
    const int code = dispatch({argv + 1, argv + argc});
    if (std::fflush(stdout) != 0) throw assay::Failure("cannot write to the standard output");
    return code;
  } catch (const assay::BadInput& e) {
    std::fflush(stdout);
    fmt::print(stderr, "{}", assay::render(e.messages()));
    return kBadInput;
  } catch (const assay::Failure& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return kInternal;
  } catch (const std::exception& e) {
    fmt::print(stderr, "internal error: {}\n", e.what());
    return kInternal;
  }
}
