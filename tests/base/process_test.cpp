#include "core/base/process.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>

using namespace assay;

namespace {

Outcome sh(const std::string& script, double timeout = 0, const std::string& input = "") {
  Command c;
  c.argv = {"sh", "-c", script};
  c.timeout = timeout;
  c.input = input;
  return run_process(c);
}

}  // namespace

TEST_CASE("a program's output, errors and exit code come back") {
  const Outcome o = sh("cat; echo bad >&2; exit 3", 0, std::string(200000, 'i'));
  CHECK(o.output.size() == 200000);
  CHECK(o.errors == "bad\n");
  CHECK(o.exit_code == 3);
  CHECK_FALSE(o.ok());
}

TEST_CASE("a program that is killed, hangs or does not exist is told apart") {
  CHECK(sh("kill -SEGV $$").signal == SIGSEGV);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(sh("sleep 60", 0.2).timed_out);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  Command missing;
  missing.argv = {"no-such-program-anywhere"};
  CHECK(run_process(missing).missing);
}

TEST_CASE("the working folder, the environment and a third descriptor are the command's") {
  Command c;
  c.argv = {"sh", "-c", "pwd; echo $WORD; echo third >&3"};
  c.folder = "/";
  c.env = {{"WORD", "said"}};
  c.extra_fd = 3;
  const Outcome o = run_process(c);
  CHECK(o.output == "/\nsaid\n");
  CHECK(o.extra == "third\n");
}

TEST_CASE("output beyond the limit is dropped, and the program ends") {
  Command c;
  c.argv = {"sh", "-c", "head -c 300000 /dev/zero; exit 0"};
  c.most = 1000;
  const Outcome o = run_process(c);
  CHECK(o.output.size() == 1000);
  CHECK(o.ok());
}

TEST_CASE("signals have names") {
  CHECK(signal_name(SIGKILL) == "SIGKILL");
  CHECK(signal_name(250) == "signal 250");
}
