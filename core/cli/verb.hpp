// The commands of `assay`, each described once: parsing, --help and shell completion all come from
// that description.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace assay::cli {

struct Option {
  std::string name;      // "jobs": --jobs
  char letter = 0;       // 'j': -j, or 0
  std::string argument;  // "N": takes a value; "": a flag
  std::string help;
  bool repeated = false;
};

/// What the user typed after the command's name, checked against the description.
class Arguments {
 public:
  std::vector<std::string> words;  // all, as typed
  std::vector<std::string> positional;
  bool has(const std::string& option) const { return values_.contains(option); }
  std::string get(const std::string& option, const std::string& fallback = "") const;
  std::vector<std::string> all(const std::string& option) const;
  /// A whole number >= `least`; throws BadInput that names the option.
  long number(const std::string& option, long fallback, long least = 0) const;

 private:
  friend Arguments parse(const struct Verb&, const std::vector<std::string>&);
  std::map<std::string, std::vector<std::string>> values_;
};

struct Verb {
  std::string name, summary;
  std::string operands;     // "FILE [OVERRIDE...]"
  int least = 0, most = 0;  // number of operands; most < 0: any
  std::string details;      // paragraphs below the summary
  std::vector<Option> options;
  std::string completes;  // what operands complete to: files, plugins, datasets, ""
  int (*run)(const Arguments&) = nullptr;
  bool hidden = false;
};

const std::vector<Verb>& verbs();
const Verb* find_verb(const std::string& name);

/// Throws BadInput for an unknown option (with the nearest one) or a wrong number of operands.
Arguments parse(const Verb& verb, const std::vector<std::string>& words);

std::string help();                  // of the program
std::string help(const Verb& verb);  // of one command
std::string bash_completion();

}  // namespace assay::cli
