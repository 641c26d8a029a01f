#include "core/base/error.hpp"
#include "core/base/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace assay {
namespace {

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) throw Failure(std::string("pipe: ") + std::strerror(errno));
    read = fds[0];
    write = fds[1];
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(read);
    close(write);
  }
  static void close(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

std::vector<std::string> environment(const Command& command) {
  std::map<std::string, std::string> env;
  for (char** e = environ; *e; ++e) {
    const std::string entry = *e;
    const size_t equals = entry.find('=');
    if (equals != std::string::npos) env[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  for (const auto& [key, value] : command.env) env[key] = value;
  std::vector<std::string> out;
  for (const auto& [key, value] : env) out.push_back(key + "=" + value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

/// Moves bytes between the pipes and the strings until the program has closed its ends.
void exchange(const Command& command, pid_t pid, Pipe& in, std::array<Pipe*, 3> pipes,
              std::array<std::string*, 3> texts, Outcome& outcome) {
  const auto start = std::chrono::steady_clock::now();
  size_t written = 0;
  if (command.input.empty()) Pipe::close(in.write);
  // A program that waits for its output to be read does not read its input.
  if (in.write >= 0) ::fcntl(in.write, F_SETFL, O_NONBLOCK);
  while (true) {
    std::array<pollfd, 4> fds{{{in.write, POLLOUT, 0},
                               {pipes[0]->read, POLLIN, 0},
                               {pipes[1]->read, POLLIN, 0},
                               {pipes[2]->read, POLLIN, 0}}};
    if (in.write < 0 && pipes[0]->read < 0 && pipes[1]->read < 0 && pipes[2]->read < 0) return;
    int wait = -1;
    if (command.timeout > 0) {
      const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
      wait = static_cast<int>((command.timeout - spent.count()) * 1000);
      if (wait <= 0) {
        outcome.timed_out = true;
        ::kill(pid, SIGKILL);
        return;
      }
    }
    if (::poll(fds.data(), fds.size(), wait) < 0 && errno != EINTR) return;
    if (fds[0].revents) {
      const ssize_t n =
          ::write(in.write, command.input.data() + written, command.input.size() - written);
      if (n > 0) written += static_cast<size_t>(n);
      if ((n < 0 && errno != EINTR && errno != EAGAIN) || written == command.input.size())
        Pipe::close(in.write);
    }
    for (size_t i = 0; i < 3; ++i) {
      if (!fds[i + 1].revents) continue;
      char buffer[1 << 16];
      const ssize_t n = ::read(pipes[i]->read, buffer, sizeof buffer);
      if (n > 0)
        texts[i]->append(buffer, std::min(static_cast<size_t>(n), command.most - texts[i]->size()));
      if (n == 0 || (n < 0 && errno != EINTR)) Pipe::close(pipes[i]->read);
    }
  }
}

void reap(pid_t pid, Outcome& outcome) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
}

}  // namespace

Outcome run_process(const Command& command) {
  Pipe in, out, err, extra;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read, 0);
  if (command.capture) {
    posix_spawn_file_actions_adddup2(&actions, out.write, 1);
    posix_spawn_file_actions_adddup2(&actions, err.write, 2);
  }
  if (command.extra_fd == 3) posix_spawn_file_actions_adddup2(&actions, extra.write, 3);
  if (!command.folder.empty())
    posix_spawn_file_actions_addchdir_np(&actions, command.folder.c_str());

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  auto argv = command.argv;
  auto env = environment(command);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, argv[0].c_str(), &actions, &attributes,
                                    pointers(argv).data(), pointers(env).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);

  Outcome outcome;
  if (failed) {
    outcome.missing = true;
    outcome.errors = std::strerror(failed);
    return outcome;
  }
  Pipe::close(in.read);
  Pipe::close(out.write);
  Pipe::close(err.write);
  Pipe::close(extra.write);
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  exchange(command, pid, in, {&out, &err, &extra},
           {&outcome.output, &outcome.errors, &outcome.extra}, outcome);
  ::sigaction(SIGPIPE, &before, nullptr);
  reap(pid, outcome);
  return outcome;
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

}  // namespace assay
