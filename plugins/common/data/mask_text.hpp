// Painting over text: the masking step of T-MARS (Maini et al. 2024, section 3), so that a score of
// the masked picture says what is seen rather than read.
#pragma once
#include "plugins/common/data/caption_world.hpp"

#include <span>

namespace assay::data {

/// Fills every box of a picture (3, height, width) with the average colour of what surrounds it:
/// the pixels within `ring` of the box that are in no box. If there are none, the average of all
/// pixels in no box; if there are none of these either, of the box itself. All averages are of the
/// picture as it was given, rounded to the nearest byte; boxes are cut off at the picture's edge,
/// and painted in their order. Deviation: the paper says "the average colour of the surrounding
/// pixels" and no more; which pixels surround a text is a choice made here.
void mask_text(uint8_t* picture, int64_t height, int64_t width, std::span<const PixelBox> boxes,
               int32_t ring);

}  // namespace assay::data
