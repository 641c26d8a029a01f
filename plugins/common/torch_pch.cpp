// Gives the precompiled header of plugins/common/torch.hpp a target to be built with.
