#include "tests/onnx/fuzz_recipes.hpp"

#include <algorithm>
#include <sstream>

#include "runtime/onnx/translate.hpp"

namespace banoff::test {
namespace {

/// Inputs first: x a tensor, w a weight, L a list of integers, I one integer, F numbers, f one number, q integers of 8
/// bits, z one or some of them. Then attributes,
/// `name:kind`, where t is a tensor and words are told apart by bars.
struct Line {
  const char* op;
  const char* inputs;
  const char* attributes;
};

constexpr const char* window =
    "kernel_shape:L strides:L pads:L dilations:L auto_pad:NOTSET|VALID|SAME_UPPER|SAME_LOWER ceil_mode:I";
constexpr const char* convolution =
    "kernel_shape:L strides:L pads:L dilations:L group:I auto_pad:NOTSET|VALID|SAME_UPPER|SAME_LOWER";
constexpr const char* axis = "axis:I";
constexpr const char* reduction = "axes:L keepdims:I noop_with_empty_axes:I";

constexpr Line lines[] = {
    {"Conv", "xww", convolution},
    {"ConvTranspose", "xww",
     "strides:L pads:L dilations:L group:I output_padding:L output_shape:L "
     "auto_pad:NOTSET|VALID|SAME_UPPER|SAME_LOWER"},
    {"Gemm", "xwx", "alpha:f beta:f transA:I transB:I"},
    {"MatMul", "xx", ""},
    {"MaxPool", "x", window},
    {"AveragePool", "x", window},
    {"BatchNormalization", "xwwww", "epsilon:f"},
    {"InstanceNormalization", "xww", "epsilon:f"},
    {"GroupNormalization", "xww", "epsilon:f num_groups:I"},
    {"LayerNormalization", "xww", "epsilon:f axis:I"},
    {"RMSNormalization", "xw", "epsilon:f axis:I"},
    {"LpNormalization", "x", "axis:I p:I"},
    {"MeanVarianceNormalization", "x", "axes:L"},
    {"LRN", "x", "size:I alpha:f beta:f bias:f"},
    {"Dropout", "xfI", "seed:I"},
    {"Clip", "xff", "min:f max:f"},
    {"Softmax", "x", axis},
    {"LogSoftmax", "x", axis},
    {"Hardmax", "x", axis},
    {"PRelu", "xw", ""},
    {"Where", "xxx", ""},
    {"Pow", "xx", ""},
    {"Mod", "xx", "fmod:I"},
    {"IsInf", "x", "detect_positive:I detect_negative:I"},
    {"Gather", "xL", axis},
    {"GatherElements", "xL", axis},
    {"GatherND", "xL", "batch_dims:I"},
    {"ScatterElements", "xLx", "axis:I reduction:none|add|mul|max|min"},
    {"ScatterND", "xLx", "reduction:none|add|mul|max|min"},
    {"OneHot", "xIF", axis},
    {"NonMaxSuppression", "xxIff", "center_point_box:I"},
    {"LpPool", "x",
     "kernel_shape:L strides:L pads:L dilations:L auto_pad:NOTSET|VALID|SAME_UPPER|SAME_LOWER ceil_mode:I p:I"},
    {"GlobalLpPool", "x", "p:I"},
    {"MaxUnpool", "xLL", "kernel_shape:L strides:L pads:L"},
    {"GridSample", "xx",
     "mode:bilinear|nearest|bicubic|linear|cubic padding_mode:zeros|border|reflection align_corners:I"},
    {"RoiAlign", "xwL",
     "output_height:I output_width:I sampling_ratio:I spatial_scale:f mode:avg|max "
     "coordinate_transformation_mode:half_pixel|output_half_pixel"},
    {"Einsum", "xx", "equation:ij,jk->ik|...i,...i->...|abcd,abcd->ab|bii,i|abcd,efgh->abefgh|...a,a..."},
    {"DequantizeLinear", "LFL", "axis:I block_size:I"},
    {"DequantizeLinear", "LwL", "axis:I block_size:I"},
    {"DequantizeLinear", "qfz", "axis:I output_dtype:I"},
    {"QuantizeLinear", "xfz", "axis:I output_dtype:I precision:I saturate:I"},
    {"QuantizeLinear", "xFz", "axis:I block_size:I"},
    {"DynamicQuantizeLinear", "x", ""},
    {"QLinearConv", "qfzqfzfzL", convolution},
    {"QLinearConv", "qfzqFzfz", convolution},
    {"QLinearMatMul", "qfzqFzfz", ""},
    {"ConvInteger", "qqzz", convolution},
    {"MatMulInteger", "qqzz", ""},
    {"com.microsoft:QLinearAdd", "qfzqfzfz", ""},
    {"com.microsoft:QLinearMul", "qfzqfzfz", ""},
    {"com.microsoft:QLinearConcat", "fzqfzqfz", axis},
    {"com.microsoft:QLinearAveragePool", "qfzfz", window},
    {"com.microsoft:QLinearGlobalAveragePool", "qfzfz", "channels_last:I"},
    {"com.microsoft:QLinearLeakyRelu", "qfzfz", "alpha:f"},
    {"com.microsoft:QLinearSigmoid", "qfzfz", ""},
    {"com.microsoft:QGemm", "qfzqFzLfz", "alpha:f transA:I transB:I"},
    {"NonZero", "L", ""},
    {"Unique", "L", "sorted:I axis:I"},
    {"ReverseSequence", "xL", "time_axis:I batch_axis:I"},
    {"Reshape", "xL", "allowzero:I"},
    {"Flatten", "x", axis},
    {"Transpose", "x", "perm:L"},
    {"Squeeze", "xL", "axes:L"},
    {"Unsqueeze", "xL", "axes:L"},
    {"Expand", "xL", ""},
    {"Tile", "xL", ""},
    {"DepthToSpace", "x", "blocksize:I mode:DCR|CRD"},
    {"SpaceToDepth", "x", "blocksize:I"},
    {"Trilu", "xI", "upper:I"},
    {"Concat", "xx", axis},
    {"Split", "xL", "axis:I split:L"},
    {"Split", "x", "axis:I num_outputs:I"},
    {"Slice", "xLLLL", "starts:L ends:L axes:L"},
    {"Pad", "xLfL", "mode:constant|reflect|edge|wrap pads:L value:f"},
    {"Pad", "xL", "mode:reflect|wrap"},
    {"CenterCropPad", "xL", "axes:L"},
    {"Resize", "xFFL",
     "mode:nearest|linear|cubic axes:L keep_aspect_ratio_policy:stretch|not_larger|not_smaller antialias:I "
     "exclude_outside:I "
     "cubic_coeff_a:f extrapolation_value:f nearest_mode:round_prefer_floor|floor|ceil "
     "coordinate_transformation_mode:half_pixel|align_corners|asymmetric|tf_crop_and_resize|pytorch_half_pixel"},
    {"Resize", "xFFL", "axes:L keep_aspect_ratio_policy:not_larger|not_smaller"},
    {"Upsample", "xF", "mode:nearest|linear scales:F"},
    {"ReduceMean", "xL", reduction},
    {"ReduceSum", "xL", reduction},
    {"ReduceMax", "xL", reduction},
    {"ReduceProd", "xL", reduction},
    {"ReduceL2", "xL", reduction},
    {"ReduceLogSumExp", "xL", reduction},
    {"ArgMax", "x", "axis:I keepdims:I select_last_index:I"},
    {"CumSum", "xI", "exclusive:I reverse:I"},
    {"TopK", "xI", "axis:I largest:I sorted:I k:I"},
    {"LSTM", "xwwwLwww",
     "hidden_size:I direction:forward|reverse|bidirectional layout:I input_forget:I clip:f activation_alpha:F"},
    {"GRU", "xwwwLw", "hidden_size:I direction:forward|reverse|bidirectional layout:I linear_before_reset:I clip:f"},
    {"RNN", "xww", "hidden_size:I direction:forward|reverse|bidirectional layout:I activation_beta:F"},
    {"Constant", "", "value:t value_int:I value_ints:L value_float:f value_floats:F"},
    {"ConstantOfShape", "L", "value:t"},
    {"Shape", "x", "start:I end:I"},
    {"Range", "fff", ""},
    {"EyeLike", "x", "k:I dtype:I"},
    {"Cast", "x", "to:I"},
    {"LeakyRelu", "x", "alpha:f"},
    {"Elu", "x", "alpha:f"},
    {"HardSigmoid", "x", "alpha:f beta:f"},
    {"ThresholdedRelu", "x", "alpha:f"},
    {"Shrink", "x", "bias:f lambd:f"},
    {"Swirl", "xx", "turns:I"},  // no operator of ONNX
};

Ingredient kind_of(char letter) {
  switch (letter) {
    case 'w': return Ingredient::weight;
    case 'L': return Ingredient::list;
    case 'I': return Ingredient::scalar;
    case 'F': return Ingredient::numbers;
    case 'f': return Ingredient::number;
    case 't': return Ingredient::constant;
    case 'q': return Ingredient::bytes;
    case 'z': return Ingredient::byte;
    default: return Ingredient::tensor;
  }
}

Argument attribute_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  Argument argument{text.substr(0, colon), kind_of(text[colon + 1])};
  if (text.size() == colon + 2) return argument;
  argument.kind = Ingredient::word;
  std::istringstream words(text.substr(colon + 1));
  for (std::string word; std::getline(words, word, '|');) argument.words.push_back(word);
  return argument;
}

std::vector<Recipe> all_recipes() {
  std::vector<Recipe> all;
  for (const Line& line : lines) {
    Recipe recipe{line.op, {}, {}};
    for (const char letter : std::string(line.inputs)) recipe.inputs.push_back({"", kind_of(letter)});
    std::istringstream attributes(line.attributes);
    for (std::string text; attributes >> text;) recipe.attributes.push_back(attribute_of(text));
    all.push_back(std::move(recipe));
  }
  for (const std::string_view op : onnx_import::operators()) {
    if (std::ranges::find(all, op, &Recipe::op) == all.end()) all.push_back({std::string(op), {{}, {}}, {}});
  }
  return all;
}

}  // namespace

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all = all_recipes();
  return all;
}

}  // namespace banoff::test
