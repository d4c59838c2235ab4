#include "server/memory_images.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace zoom_proxy {

void forbid_memory_images() noexcept {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  if (!kLeaksAreLookedFor) prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace zoom_proxy
