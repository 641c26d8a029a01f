// Turns SIGBUS on a mapped file (its disk is full or failing) into a flag.
#pragma once
#include <cstddef>

namespace assay::sigbus {

/// Watches a memory range from now on; -1 when all slots are taken. A SIGBUS inside it replaces the
/// rest of the range with private memory and sets the flag; any other goes to the handler before.
int watch(void* begin, size_t bytes);
void move(int slot, void* begin, size_t bytes);
bool failed(int slot);
void forget(int slot);

}  // namespace assay::sigbus
