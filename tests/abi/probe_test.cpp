#include "core/base/error.hpp"
#include "core/run/catalog.hpp"
#include "core/run/elf.hpp"
#include "tests/run/lab.hpp"

#include <chrono>
#include <fstream>

using namespace assay;
using namespace assay::testing;

namespace {

/// The message and the help that probing `file` is refused with; "" when it is not.
Message refusal(const fs::path& file, double seconds = 10) {
  try {
    probe(file, "", seconds);
  } catch (const BadInput& e) {
    return e.messages().front();
  }
  return {};
}

}  // namespace

TEST_CASE("a plugin that misbehaves while it is loaded is one sentence") {
  const std::vector<std::tuple<std::string, std::string, std::string>> expected{
      {"crashes", "crashes.so crashes when it is loaded (SIGSEGV)",
       "it printed: the static constructor dies now"},
      {"aborts", "aborts.so crashes when it is loaded (SIGABRT)", ""},
      {"exits", "exits.so leaves with exit(0) when it is loaded", ""},
      {"entry_crashes", "entry_crashes.so crashes when it is loaded (SIGSEGV)", ""},
      {"refuses", "refuses.so refuses: its assay_plugin_v0 returned NULL", ""},
      {"garbage", "garbage.so wrote something else than its schema when it was loaded", ""}};
  for (const auto& [name, text, help] : expected) {
    CAPTURE(name);
    const Message m = refusal(plugin_file(name));
    CHECK(m.code == "E032");
    CHECK(m.text == text);
    CHECK(m.help == help);
  }
}

TEST_CASE("a plugin that hangs while it is loaded is given up") {
  const Message m = refusal(plugin_file("hangs"), 0.5);
  CHECK(m.text == "hangs.so hangs when it is loaded: no answer after 0.5 s");
}

TEST_CASE("what is no plugin of this host is refused without being loaded") {
  const fs::path odd = fs::path(ASSAY_TEST_PLUGINS) / "odd";
  CHECK(refusal(odd / "plain.so").text == "plain.so is no plugin: it exports no assay_plugin_v0");
  CHECK(refusal(odd / "future.so").text == "future.so speaks ABI 2; this host speaks 0");
  CHECK(refusal(odd / "none.so").code == "E030");
  TemporaryFolder folder;
  std::ofstream(folder.path() / "text.so") << "#!/bin/sh\n";
  CHECK(refusal(folder.path() / "text.so").text ==
        "text.so is no plugin: it is not an ELF shared library");
}

TEST_CASE("every lie of a descriptor is one sentence") {
  const std::vector<std::string> expected{
      "a parameter of method \"lie1.only\" has no name",
      "it has no list of methods",
      "a parameter of method \"lie3.only\" has struct_size 0; this host reads 120 bytes and needs "
      "92",
      "a method has struct_size 3; this host reads 88 bytes and needs 72",
      "the plugin has struct_size 2147483648; this host reads 72 bytes and needs 64",
      "it has more than 256 methods",
      "a parameter of method \"lie7.only\", \"n\" is declared twice",
      "the default of parameter \"n\" of method \"lie8.only\" is 11, outside its own range",
      "the doc of parameter \"n\" of method \"lie9.only\" is not valid UTF-8",
      "parameter \"threads\" of method \"lie10.only\" has a name that is the host's",
      "parameter \"n\" of method \"lie11.only\" has the flag bits 0x10000, which do not belong to "
      "it",
      "it calls itself \"other\"; a plugin's name is its file's name",
      "parameter \"n\" of method \"lie13.only\" has the unknown type 9",
      "EXTENSION",
      "the default of parameter \"word\" of method \"lie15.only\" is \"c\", which is not among its "
      "choices",
      "parameter \"n\" of method \"lie16.only\" is REQUIRED and has a default",
      "parameter \"n\" of method \"lie17.only\" has neither a default nor the flag REQUIRED",
      "the default of parameter \"n\" of method \"lie18.only\" is not finite",
      "output \"x\" of method \"lie19.only\" has the kind 19, which is not one of an output",
      "method \"lie20.only\" has no run function",
      "method \"lie21.only\" has identity 0; it starts at 1",
      "the doc of parameter \"n\" of method \"lie22.only\" is longer than 64 KiB",
      "the name \"Only One\" of a method is not [a-z][a-z0-9_]{0,62}",
      "parameter \"n\" of method \"lie24.only\" has min 20 above max 10",
      "it says it was compiled for ABI 7; this host speaks 0",
      "output \"x\" of method \"lie26.only\" has the flag bits 0x200, which do not belong to it"};
  for (size_t i = 0; i < expected.size(); ++i) {
    const std::string name = "lie" + std::to_string(i + 1);
    CAPTURE(name);
    const std::string text = expected[i] == "EXTENSION"
                                 ? name +
                                       ".so needs the extension \"assay.arrow/1\", which this "
                                       "host does not have"
                                 : name + ".so is not a valid plugin: " + expected[i];
    CHECK(refusal(plugin_file(name)).text == text);
  }
}

TEST_CASE("a plugin of a later minor version loads, without what this host does not know") {
  const PluginSchema schema = probe(plugin_file("lie27"), "");
  CHECK(schema.abi_minor == 99);
  REQUIRE(schema.methods.size() == 1);
  CHECK(schema.methods[0].params.size() == 2);
}

TEST_CASE("the schema of a plugin is what its author wrote") {
  const PluginSchema schema = probe(plugin_file("decay"), "");
  CHECK(schema.name == "decay");
  CHECK(schema.sha256 == sha256_file(plugin_file("decay")));
  const MethodSchema* decay = schema.method("decay");
  REQUIRE(decay != nullptr);
  CHECK(decay->flags == ASSAY_SEEDLESS);
  CHECK(decay->param("rate")->unit == "1/step");
  CHECK(decay->param("rate")->flags == ASSAY_OPEN_MIN);
  CHECK(decay->param("steps")->fallback == 10);
  CHECK(decay->output("visited")->fields[0].type == ASSAY_INT);
}

TEST_CASE("a probe is remembered until the library changes") {
  TemporaryFolder folder;
  const fs::path cache = folder.path() / "runs" / ".cache", library = folder.path() / "decay.so";
  fs::copy_file(plugin_file("decay"), library);
  probe(library, cache);
  CHECK_FALSE(fs::exists(cache));  // no runs folder yet: nothing is written

  fs::create_directories(folder.path() / "runs");
  const std::string first = probe(library, cache).sha256;
  REQUIRE(fs::exists(cache / "schemas"));
  // The library cannot be loaded any more, and keeps its size and time: only the cache answers.
  const auto time = fs::last_write_time(library);
  std::fstream out(library, std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(-1, std::ios::end);
  out.put('\x7f');
  out.close();
  fs::last_write_time(library, time);
  CHECK(probe(library, cache).sha256 == first);
  fs::last_write_time(library, time + std::chrono::seconds(1));
  CHECK(probe(library, cache).sha256 != first);
}

TEST_CASE("check() refuses a combination, estimate() says what a run takes, a crash is named") {
  TemporaryFolder folder;
  const PluginSchema lab = probe(plugin_file("lab"), "");
  const auto answers = check(lab,
                             {{"checked", {{"batch", 8}, {"size", 100}}},
                              {"checked", {{"batch", 200}, {"size", 100}}},
                              {"walk", Json::object()}},
                             folder.path());
  CHECK(answers[0].status == ASSAY_OK);
  CHECK(answers[0].seconds == 250);
  CHECK(answers[1].status == ASSAY_INVALID_ARGUMENT);
  CHECK(answers[1].why == "batch exceeds size");
  CHECK(answers[2].status == ASSAY_OK);
  try {
    check(lab, {{"checked", {{"batch", 666}, {"size", 1000}}}}, folder.path());
    FAIL("it must throw");
  } catch (const BadInput& e) {
    CHECK(e.messages()[0].text ==
          "lab.so crashes when it checks the parameters of lab.checked (SIGSEGV)");
    CHECK(e.messages()[0].help == "with {\"batch\":666,\"size\":1000}");
  }
}

TEST_CASE("plugins are found by name, and a misspelt name gets the nearest") {
  ::setenv("ASSAY_PLUGIN_PATH", (":" + std::string(ASSAY_TEST_PLUGINS) + ":/nowhere").c_str(), 1);
  PluginCatalog catalog({}, "");
  ::unsetenv("ASSAY_PLUGIN_PATH");
  const auto names = catalog.names();
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(std::count(names.begin(), names.end(), "decay") == 1);
  CHECK(catalog.schema("decay").version == "1.0");
  try {
    catalog.schema("deacy");
    FAIL("it must throw");
  } catch (const BadInput& e) {
    const Message& m = e.messages()[0];
    CHECK(m.code == "E030");
    CHECK(m.text.starts_with("no plugin \"deacy\"; found: "));
    CHECK(m.text.find("(searched: " + std::string(ASSAY_TEST_PLUGINS) + ", /nowhere, ") !=
          std::string::npos);
    CHECK(m.help == "did you mean \"decay\"?");
  }
}

TEST_CASE("a plugin's symbols are read without loading it") {
  const ElfLibrary elf = read_elf(plugin_file("crashes"));
  CHECK(elf.exports == std::vector<std::string>{"assay_plugin_v0"});
}

TEST_CASE("a library that is cut anywhere is refused, never read past its end") {
  TemporaryFolder folder;
  const std::string whole = read_file(plugin_file("decay"));
  for (size_t size = 0; size < whole.size(); size += 97) {
    CAPTURE(size);
    const fs::path file = folder.path() / "decay.so";
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    bool refused = false;
    try {
      require_plugin(file, read_elf(file));
    } catch (const BadInput&) {
      refused = true;
    }
    CHECK(refused);
  }
}
