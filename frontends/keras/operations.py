"""TensorFlow's operations that compute and do nothing else: what a SavedModel may hold.

A SavedModel is a program, and TensorFlow has operations that read and write files, run Python, print, send
over a network or end the process. So the list names what is harmless, and all others are refused, those that
TensorFlow gets in the future among them. Gradients and random numbers are here because Keras stores the
training functions of a model beside the one for predictions.
"""

from __future__ import annotations

_NUMBERS = """
    Abs AccumulateNV2 Acos Acosh Add AddN AddV2 Angle ApproximateEqual Asin Asinh Atan Atan2 Atanh
    BesselI0 BesselI0e BesselI1 BesselI1e Betainc Bitcast BitwiseAnd BitwiseOr BitwiseXor Bucketize Cast
    Ceil CheckNumerics ClipByValue Complex ComplexAbs Conj Cos Cosh Digamma Div DivNoNan Equal Erf Erfc
    Erfinv Exp Expm1 Floor FloorDiv FloorMod Greater GreaterEqual Igamma Igammac Imag Inv Invert IsFinite
    IsInf IsNan LeftShift Less LessEqual Lgamma Log Log1p LogicalAnd LogicalNot LogicalOr Maximum Minimum
    Mod Mul MulNoNan Ndtri Neg NextAfter NotEqual Polygamma PopulationCount Pow Real RealDiv Reciprocal
    RightShift Rint Round Rsqrt Sigmoid Sign Sin Sinh Sqrt Square SquaredDifference Sub Tan Tanh
    TruncateDiv TruncateMod Xdivy Xlog1py Xlogy Zeta
"""

_ACTIVATIONS = "Elu LeakyRelu LogSoftmax Relu Relu6 Selu Softmax Softplus Softsign"

_REDUCTIONS = """
    All Any ArgMax ArgMin Bincount Cumprod Cumsum CumulativeLogsumexp DenseBincount EuclideanNorm
    HistogramFixedWidth InTopK InTopKV2 L2Loss Max Mean Min Prod SegmentMax SegmentMaxV2 SegmentMean
    SegmentMin SegmentMinV2 SegmentProd SegmentProdV2 SegmentSum SegmentSumV2 SparseSegmentMean
    SparseSegmentMeanWithNumSegments SparseSegmentSqrtN SparseSegmentSqrtNWithNumSegments SparseSegmentSum
    SparseSegmentSumWithNumSegments Sum TopK TopKV2 UnsortedSegmentMax UnsortedSegmentMin
    UnsortedSegmentProd UnsortedSegmentSum
"""

_MATRICES = """
    BatchMatMul BatchMatMulV2 BatchMatMulV3 Cholesky Cross Einsum FFT FFT2D FFT3D IFFT IFFT2D IFFT3D IRFFT
    IRFFT2D LogMatrixDeterminant Lu MatMul MatrixBandPart MatrixDeterminant MatrixDiag MatrixDiagPart
    MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3 MatrixInverse MatrixSetDiag
    MatrixSetDiagV2 MatrixSetDiagV3 MatrixSolve MatrixTriangularSolve Qr RFFT RFFT2D SelfAdjointEigV2 Svd
"""

_WINDOWS_AND_IMAGES = """
    AdjustContrastv2 AdjustHue AdjustSaturation AvgPool AvgPool3D BatchToSpaceND BiasAdd BiasAddV1
    CombinedNonMaxSuppression Conv2D Conv2DBackpropInput Conv2DBackpropInputV2 Conv3D
    Conv3DBackpropInputV2 CropAndResize CTCGreedyDecoder DepthToSpace DepthwiseConv2dNative Dilation2D
    ExtractImagePatches ExtractVolumePatches FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars
    FakeQuantWithMinMaxVarsPerChannel FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 HSVToRGB
    ImageProjectiveTransformV2 ImageProjectiveTransformV3 LRN MaxPool MaxPool3D MaxPoolV2
    MaxPoolWithArgmax NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5
    RGBToHSV ResizeArea ResizeBicubic ResizeBilinear ResizeNearestNeighbor ScaleAndTranslate
    SpaceToBatchND SpaceToDepth
"""

_SHAPES_AND_MOVES = """
    BroadcastArgs BroadcastGradientArgs BroadcastTo Concat ConcatOffset ConcatV2 Const DynamicPartition
    DynamicStitch EnsureShape ExpandDims Fill Gather GatherNd GatherV2 Identity IdentityN
    InvertPermutation LinSpace ListDiff LowerBound MirrorPad NoOp OneHot OnesLike Pack Pad PadV2
    ParallelDynamicStitch Placeholder PlaceholderWithDefault PreventGradient Range Rank Reshape Reverse
    ReverseSequence ReverseV2 Roll ScatterNd Select SelectV2 Shape ShapeN Size Slice Snapshot
    SparseToDense Split SplitV Squeeze StopGradient StridedSlice TensorScatterAdd TensorScatterMax
    TensorScatterMin TensorScatterSub TensorScatterUpdate Tile Transpose Unique UniqueV2 UniqueWithCounts
    Unpack UnravelIndex UpperBound Where ZerosLike
"""

_QUANTIZED = "Dequantize QuantizeAndDequantizeV2 QuantizeAndDequantizeV3 QuantizeAndDequantizeV4 QuantizeV2"

_RAGGED_AND_SPARSE = """
    RaggedGather RaggedRange RaggedTensorFromVariant RaggedTensorToSparse RaggedTensorToTensor
    RaggedTensorToVariant SparseAdd SparseConcat SparseDenseCwiseMul SparseFillEmptyRows SparseReorder
    SparseReshape SparseSlice SparseTensorDenseMatMul
"""

_RECURRENT = "BlockLSTM BlockLSTMV2 CudnnRNN CudnnRNNV2 CudnnRNNV3 GRUBlockCell LSTMBlockCell"

_LISTS = """
    EmptyTensorList OptionalFromValue OptionalGetValue OptionalHasValue OptionalNone TensorListConcatV2
    TensorListElementShape TensorListFromTensor TensorListGather TensorListGetItem TensorListLength
    TensorListPopBack TensorListPushBack TensorListReserve TensorListResize TensorListScatterV2
    TensorListSetItem TensorListStack
"""

_CONTROL_FLOW = """
    Assert Case Enter Exit If LoopCond Merge NextIteration PartitionedCall StatefulPartitionedCall
    StatelessCase StatelessIf StatelessWhile Switch While
"""

_VARIABLES = """
    AssignAddVariableOp AssignSubVariableOp AssignVariableOp ReadVariableOp ResourceGather
    ResourceGatherNd ResourceScatterAdd ResourceScatterUpdate VarHandleOp VarIsInitializedOp VariableShape
"""

_LOOKUPS_AND_TEXT = """
    AsString HashTableV2 LookupTableExportV2 LookupTableFindV2 LookupTableImportV2 LookupTableInsertV2
    LookupTableSizeV2 MutableHashTableV2 StringFormat StringToHashBucketFast
"""

_RANDOM = """
    Multinomial RandomShuffle RandomStandardNormal RandomUniform RandomUniformInt RngReadAndSkip
    StatefulStandardNormalV2 StatefulUniform StatefulUniformInt StatelessMultinomial StatelessRandomGetAlg
    StatelessRandomGetKeyCounter StatelessRandomNormalV2 StatelessRandomUniformFullIntV2
    StatelessRandomUniformIntV2 StatelessRandomUniformV2 StatelessShuffle StatelessTruncatedNormalV2
    TruncatedNormal
"""

_GRADIENTS = """
    AvgPool3DGrad AvgPoolGrad BiasAddGrad BlockLSTMGrad BlockLSTMGradV2 Conv2DBackpropFilter
    Conv2DBackpropFilterV2 Conv3DBackpropFilterV2 CropAndResizeGradBoxes CropAndResizeGradImage
    CudnnRNNBackprop CudnnRNNBackpropV2 CudnnRNNBackpropV3 DepthwiseConv2dNativeBackpropFilter
    DepthwiseConv2dNativeBackpropInput EluGrad FakeQuantWithMinMaxVarsGradient FusedBatchNormGrad
    FusedBatchNormGradV2 FusedBatchNormGradV3 GRUBlockCellGrad InvGrad LSTMBlockCellGrad LeakyReluGrad
    LRNGrad MaxPool3DGrad MaxPoolGrad MaxPoolGradV2 MirrorPadGrad ReciprocalGrad Relu6Grad ReluGrad
    ResizeBicubicGrad ResizeBilinearGrad ResizeNearestNeighborGrad RsqrtGrad SeluGrad SigmoidGrad
    SoftmaxCrossEntropyWithLogits SoftplusGrad SoftsignGrad SparseSoftmaxCrossEntropyWithLogits SqrtGrad
    StridedSliceGrad TanhGrad
"""

PURE = frozenset(
    name
    for group in (
        _NUMBERS,
        _ACTIVATIONS,
        _REDUCTIONS,
        _MATRICES,
        _WINDOWS_AND_IMAGES,
        _SHAPES_AND_MOVES,
        _QUANTIZED,
        _RAGGED_AND_SPARSE,
        _RECURRENT,
        _LISTS,
        _CONTROL_FLOW,
        _VARIABLES,
        _LOOKUPS_AND_TEXT,
        _RANDOM,
        _GRADIENTS,
    )
    for name in group.split()
)
"""What may stand anywhere in a SavedModel."""

_SAVING = """
    DisableCopyOnRead MergeV2Checkpoints RestoreV2 SaveV2 ShardedFilename StaticRegexFullMatch StringJoin
"""

SAVING = frozenset(_SAVING.split())
"""What may stand besides in the functions that save and restore the variables, which every SavedModel has."""
