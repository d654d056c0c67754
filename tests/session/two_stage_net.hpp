// A two-stage detector with masks that is small enough for every device in every test.
#pragma once

#include <string>

namespace banoff::test {

/// `score`: what a detection must score at least.
inline std::string two_stage_net(const std::string& score) {
  return R"(
inputs: {image: [1, 3, H=64, W=96]}
task: {kind: detection, output: detections, masks: masks}
blocks:
  down:
    nodes:
      - conv: {op: conv, out: 8, kernel: 3, stride: 2, padding: 1}
      - bn: batch_norm
      - relu: relu
  rows:
    args: {columns: null}
    nodes:
      - cells: {op: transpose, perm: [0, 2, 3, 1]}
      - rows: {op: reshape, shape: [-1, $columns]}
  proposals:
    args: {size: null}
    inputs: [map]
    nodes:
      - anchors: {from: [map, image], sizes: $size, ratios: [0.5, 1, 2], offset: 0, whole_pixels: true}
      - logits: {op: conv, from: map, out: 3, kernel: 1, bias: true}
      - scores: {block: rows, columns: 1}
      - moves: {op: conv, from: map, out: 12, kernel: 1, bias: true}
      - deltas: {block: rows, columns: 4}
      - boxes: {op: decode_boxes, from: [deltas, anchors, image], weights: [4, 4, 4, 4]}
nodes:
  - stem: {block: down, from: image}
  - fine: {block: down}
  - coarse: {block: down}
  - level: {block: proposals, repeat: 2, from: "${['fine', 'coarse'][i]}", size: "${[16, 32][i]}"}
  - proposals:
      {op: nms, from: [level.0.boxes, level.0.scores, level.1.boxes, level.1.scores], score: -1.0e+30, candidates: 30,
       min_size: 1, iou: 0.6, max: 64}
  - rows_of_proposals: flatten
  - pooled: {op: roi_align, from: [proposals, fine, coarse], size: 4, strides: [4, 8], canonical_size: 16, canonical_level: 2}
  - conv: {op: conv, out: 8, kernel: 3, padding: 1}
  - bn1: batch_norm
  - relu1: relu
  - pool: {op: max_pool, kernel: 2}
  - flatten: flatten
  - fc: {op: dense, out: 16, bias: false}
  - bn2: batch_norm
  - relu2: relu
  - classes: {op: dense, out: 4}
  - scores: softmax
  - moves: {op: dense, from: relu2, out: 16}
  - boxes: {op: decode_boxes, from: [moves, proposals, image], weights: [10, 10, 5, 5]}
  - detections: {op: nms, from: [boxes, scores], background: true, min_size: 0.01, iou: 0.5, max: 20, score: )" +
         score + R"(}
  - mask_roi: {op: roi_align, from: [detections, fine, coarse], size: 6, strides: [4, 8], canonical_size: 16, canonical_level: 2}
  - mask_conv: {op: conv, out: 8, kernel: 3, padding: 1}
  - mask_bn: batch_norm
  - mask_relu: relu
  - up: {op: conv_transpose, out: 8, kernel: 2, stride: 2, bias: true}
  - up_relu: relu
  - mask_logits: {op: conv, out: 4, kernel: 1, bias: true}
  - mask_of_class: {op: pick_channel, from: [mask_logits, detections]}
  - masks: sigmoid
outputs: {detections: detections, masks: masks, proposals: rows_of_proposals}
)";
}

}  // namespace banoff::test
