#include "core/base/error.hpp"
#include "core/run/machine.hpp"
#include "core/run/order.hpp"
#include "core/run/progress.hpp"
#include "core/run/record.hpp"
#include "core/run/values.hpp"
#include "core/run/wire.hpp"
#include "tests/run/lab.hpp"

#include <fstream>
#include <sys/socket.h>

using namespace assay;
using namespace assay::testing;

TEST_CASE("packing gives no core and no GPU twice, and counts memory") {
  Packing packing({.cores = {0, 1, 2, 3}, .gpus = {"7"}, .memory = 100}, 0);
  const auto a = packing.take({.cpus = 2, .gpus = 1, .mem = 60});
  REQUIRE(a.has_value());
  CHECK(a->gpus == std::vector<std::string>{"7"});
  CHECK_FALSE(packing.take({.cpus = 1, .gpus = 1}).has_value());
  CHECK_FALSE(packing.take({.cpus = 1, .mem = 50}).has_value());
  const auto b = packing.take({.cpus = 2, .mem = 40});
  REQUIRE(b.has_value());
  CHECK(packing.full());
  std::vector<int> cores = a->cores;
  cores.insert(cores.end(), b->cores.begin(), b->cores.end());
  std::sort(cores.begin(), cores.end());
  CHECK(cores == std::vector<int>{0, 1, 2, 3});
  packing.give_back(*a);
  CHECK(packing.take({.cpus = 1, .gpus = 1, .mem = 60}).has_value());
}

TEST_CASE("packing never runs more than the jobs it is allowed") {
  Packing packing({.cores = {0, 1, 2, 3}, .gpus = {}, .memory = 100}, 2);
  const auto a = packing.take({});
  CHECK(packing.take({}).has_value());
  CHECK_FALSE(packing.take({}).has_value());
  packing.give_back(*a);
  CHECK(packing.take({}).has_value());
}

TEST_CASE("a run that wants all cores is not pinned") {
  Packing packing({.cores = {3, 4}, .gpus = {}, .memory = 1}, 0);
  const auto all = packing.take({.cpus = 2});
  REQUIRE(all.has_value());
  CHECK(all->cores.empty());
}

TEST_CASE("messages and descriptors cross a wire, however they are cut") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  Wire receiver(ends[1]);
  {
    Wire sender(ends[0]);
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    sender.send({{"a", 1}});
    sender.send({{"b", std::string(5000, 'x')}}, pipe[1]);
    ::close(pipe[1]);
    CHECK(receiver.fill());
    CHECK(*receiver.next() == Json{{"a", 1}});
    CHECK((*receiver.next())["b"].get<std::string>().size() == 5000);
    CHECK_FALSE(receiver.next().has_value());
    const int got = receiver.take_fd();
    REQUIRE(got >= 0);
    CHECK(::write(got, "!", 1) == 1);
    ::close(got);
    char c = 0;
    CHECK(::read(pipe[0], &c, 1) == 1);
    CHECK(c == '!');
    ::close(pipe[0]);
    CHECK(receiver.take_fd() == -1);
  }
  CHECK_FALSE(receiver.fill());
}

TEST_CASE("bytes that are no message end a connection, never the program") {
  for (const auto& bytes : {std::string("\xff\xff\xff\xff rest"), std::string("\3\0\0\0[1]", 7),
                            std::string("\2\0\0\0{]", 6)}) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    Wire receiver(ends[1]);
    REQUIRE(::write(ends[0], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    CHECK(receiver.fill());
    CHECK_FALSE(receiver.next().has_value());
    CHECK_FALSE(receiver.fill());
    ::close(ends[0]);
  }
}

TEST_CASE("an order survives its way as JSON") {
  Order o;
  o.id = "0123";
  o.method = "m";
  o.folder = "/a/b";
  o.attempt = 3;
  o.params = {{"x", 0.1}, {"list", {1, 2}}};
  o.seed = ~uint64_t{0};
  o.threads = 2;
  o.cores = {1, 3};
  o.checkpoint_every = 1.5;
  o.inputs = {{"data", {{"/r/run.h5", "model@step=3", ASSAY_CHECKPOINT, ""}, {"", "", 0, "/f"}}}};
  const Order back = order_from_json(Json::parse(to_json(o).dump()));
  CHECK(to_json(back) == to_json(o));
  CHECK(back.seed == ~uint64_t{0});
  CHECK(back.inputs[0].items[0].port == "model@step=3");
}

TEST_CASE("parameters reach a plugin in the schema's order, defaults filled in") {
  MethodSchema m;
  m.params = {{.name = "flag", .doc = "", .unit = "", .type = ASSAY_BOOL, .fallback = true},
              {.name = "word", .doc = "", .unit = "", .type = ASSAY_STRING, .fallback = "w"},
              {.name = "list", .doc = "", .unit = "", .type = ASSAY_REALS, .fallback = {1.5}},
              {.name = "names", .doc = "", .unit = "", .type = ASSAY_STRINGS}};
  const Values v(m, {{"list", {2, 2.5}}, {"names", {"a", "b"}}});
  REQUIRE(v.size() == 4);
  CHECK(v.data()[0].as.i == 1);
  CHECK(std::string(v.data()[1].as.s) == "w");
  CHECK(v.data()[2].count == 2);
  CHECK(v.data()[2].as.fs[0] == 2);
  CHECK(std::string(v.data()[3].as.ss[1]) == "b");
  CHECK_THROWS_WITH_AS(Values(m, {}), "the parameter \"names\" has no value", Failure);
  CHECK_THROWS_WITH_AS(Values(m, {{"flag", "x"}}),
                       "the parameter \"flag\" must be a bool, not \"x\"", Failure);
}

TEST_CASE("the tail of a log is of the last attempt, and safe to show") {
  TemporaryFolder folder;
  std::ofstream(folder.path() / "log.txt")
      << "--- attempt 1, then\nold\n--- attempt 2, now\none\n\ntwo \x1b[31mred\nthree\n";
  CHECK(log_tail(folder.path(), 2) == "two \xEF\xBF\xBD[31mred\nthree");
  CHECK(log_tail(folder.path(), 9) == "one\ntwo \xEF\xBF\xBD[31mred\nthree");
  CHECK(log_tail(folder.path() / "none") == "");
}

namespace {

/// What a display prints for one stage of four runs, one of them cached.
struct Display {
  explicit Display(bool terminal) : display(file, terminal, 80) {
    plan.stages.push_back({.name = "train", .title = "", .plugin = "lab", .method = "walk"});
    std::vector<Decision> decisions(4);
    for (size_t i = 0; i < 4; ++i) {
      plan.runs.push_back({.id = "x", .plugin = "lab", .method = "walk"});
      plan.points.push_back({"train", Axes{{"seed", Json(i)}}, i});
    }
    decisions[0].action = Action::cached;
    display.begin(plan, decisions);
  }
  std::string text() {
    std::fflush(file);
    std::string out(static_cast<size_t>(std::ftell(file)), '\0');
    std::rewind(file);
    out.resize(std::fread(out.data(), 1, out.size(), file));
    return out;
  }
  ~Display() { std::fclose(file); }
  std::FILE* file = std::tmpfile();
  Plan plan;
  ProgressDisplay display;
};

}  // namespace

TEST_CASE("without a terminal, progress is a few plain lines") {
  Display d(false);
  for (size_t i = 1; i < 4; ++i) {
    d.display.started(i, {});
    RunResult result{.ending = i == 2 ? Ending::failed : Ending::complete, .attempt = 1, .wall = 2};
    if (i == 2) result.message = "lab.walk failed: it fell", result.log_tail = "a\nb";
    d.display.ended(i, result);
  }
  CHECK(d.text() ==
        "train: started, 3 of 4 runs to do\n"
        "failed  train:seed=2: lab.walk failed: it fell\n"
        "        | a\n"
        "        | b\n"
        "train: 3 of 4 runs done, 2.0 s each\n");
}

TEST_CASE("on a terminal, a stage is one line with a bar, done/total and ETA") {
  Display d(true);
  d.display.started(1, {});
  d.display.progress(1, {.attempt = 1, .phase = "epoch", .done = 5, .total = 10}, 10);
  d.display.tick();
  const std::string text = d.text();
  CAPTURE(text);
  CHECK(text.find("train  ███████▌             "
                  " 38 %  1/4 runs  ETA 50 s  epoch 5/10") != std::string::npos);
}

TEST_CASE("the last line counts what happened") {
  RunReport report;
  report.seconds = 0.04;
  report.runs.resize(12, {.ending = Ending::cached});
  CHECK(summary(report) == "12 runs, all cached, 0.04 s");
  report.runs[0].ending = Ending::failed;
  report.runs[1].ending = Ending::complete;
  report.seconds = 80;
  CHECK(summary(report) == "12 runs: 1 done, 10 cached, 1 failed, 1 min 20 s");
}
