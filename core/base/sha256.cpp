#include "core/base/error.hpp"
#include "core/base/sha256.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <vector>

namespace assay {

Sha256::Sha256() : state_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(state_), EVP_sha256(), nullptr);
}
Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(state_)); }

Sha256& Sha256::add(std::string_view bytes) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(state_), bytes.data(), bytes.size());
  return *this;
}
std::string Sha256::digest() {
  std::string out(32, '\0');
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(state_), reinterpret_cast<unsigned char*>(out.data()),
                     nullptr);
  return out;
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char b : bytes) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

std::string sha256(std::string_view bytes) { return hex(Sha256().add(bytes).digest()); }

std::string sha256_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Failure(why("cannot read", path));
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.add({buffer.data(), static_cast<size_t>(in.gcount())});
  }
  if (in.bad()) throw Failure(why("cannot read", path));
  return hex(hash.digest());
}

std::string sha256_tree(const fs::path& folder) { return sha256_tree(folder, sha256_file); }

std::string sha256_tree(const fs::path& folder,
                        const std::function<std::string(const fs::path&)>& digest) {
  std::vector<std::string> lines;
  for (auto it = fs::recursive_directory_iterator(folder); it != fs::recursive_directory_iterator();
       ++it) {
    if (it->path().filename().string().starts_with('.')) {
      if (it->is_directory()) it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file()) continue;
    lines.push_back(it->path().lexically_relative(folder).generic_string() + '\0' +
                    digest(it->path()) + '\n');
  }
  std::sort(lines.begin(), lines.end());
  Sha256 hash;
  for (const auto& line : lines) hash.add(line);
  return hex(hash.digest());
}

}  // namespace assay
