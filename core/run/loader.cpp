// The only source that knows dlopen. Boost.DLL's error codes are nonsense here (EBADF for a library
// that is not found), so that only the loader's own text is shown.
#define BOOST_DLL_USE_STD_FS
#include "core/base/error.hpp"
#include "core/run/elf.hpp"
#include "core/run/loader.hpp"

#include <boost/dll/shared_library.hpp>

#include <dlfcn.h>

namespace assay {

const assay_plugin* load_plugin(const fs::path& library, const assay_host* host) {
  namespace dll = boost::dll;
  require_plugin(library, read_elf(library));
  const auto mode = static_cast<dll::load_mode::type>(RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  std::error_code error;
  // Never destroyed: nothing is unloaded.
  static auto& loaded = *new dll::shared_library;
  ::dlerror();
  loaded.load(fs::absolute(library), mode, error);
  const std::string name = library.filename().string();
  if (error) {
    const char* text = ::dlerror();
    throw BadInput("E032", name + " cannot be loaded: " + (text ? text : error.message()));
  }
  const auto entry = loaded.get<const assay_plugin*(const assay_host*)>("assay_plugin_v0");
  const assay_plugin* plugin = entry(host);
  if (!plugin) throw BadInput("E032", name + " refuses: its assay_plugin_v0 returned NULL");
  return plugin;
}

}  // namespace assay
