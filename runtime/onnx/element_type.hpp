// ONNX's numbers for the element types there are here.
#pragma once

#include <onnx/onnx_pb.h>

#include "runtime/core/dtype.hpp"

namespace banoff {

inline constexpr DTypeTable<std::int32_t> onnx_types({{DType::f64, onnx::TensorProto::DOUBLE},
                                                      {DType::f32, onnx::TensorProto::FLOAT},
                                                      {DType::f16, onnx::TensorProto::FLOAT16},
                                                      {DType::bf16, onnx::TensorProto::BFLOAT16},
                                                      {DType::i64, onnx::TensorProto::INT64},
                                                      {DType::i32, onnx::TensorProto::INT32},
                                                      {DType::i16, onnx::TensorProto::INT16},
                                                      {DType::i8, onnx::TensorProto::INT8},
                                                      {DType::u64, onnx::TensorProto::UINT64},
                                                      {DType::u32, onnx::TensorProto::UINT32},
                                                      {DType::u16, onnx::TensorProto::UINT16},
                                                      {DType::u8, onnx::TensorProto::UINT8},
                                                      {DType::boolean, onnx::TensorProto::BOOL}});

}  // namespace banoff
