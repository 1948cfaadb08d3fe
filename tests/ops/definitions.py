"""Operators without an importer of their own, expanded to the definitions that ONNX gives them."""

import numpy as np

from tests.cases import case, floats

X = floats(2, 4, 3)
IMAGE = floats(1, 4, 2, 6)
SCALE, SHIFT = floats(4, seed=1), floats(4, seed=2)
HALVES = floats(2, seed=1), floats(2, seed=2)
Q, K, V = (floats(1, 2, 3, 4, seed=seed) for seed in (3, 4, 5))
CACHE = floats(1, 2, 5, 4, seed=6), floats(1, 2, 5, 4, seed=7)

CASES = [
    *(
        case(
            "LayerNormalization",
            X,
            floats(*X.shape[axis:], seed=1),
            floats(*X.shape[axis:], seed=2),
            constant=constant,
            axis=axis,
            opset=opset,
            name=f"axis {axis} {constant}",
        )
        for axis in (-1, 1, 0, -2)
        for constant in ((1, 2), ())
        for opset in (17, 20)
    ),
    case("LayerNormalization", X, floats(3, seed=1), constant=(1,), epsilon=0.1, name="no shift"),
    *(
        case(
            "LayerNormalization",
            X,
            floats(*X.shape[axis:], seed=1),
            constant=(1,),
            axis=axis,
            opset=17,
            outputs=outputs,
            name=f"{outputs} results over {axis}",
        )
        for axis in (-1, 1)
        for outputs in (2, 3)
    ),
    case(
        "LayerNormalization",
        X * 1e-3,
        floats(3, seed=1),
        constant=(1,),
        opset=17,
        stash_type=1,
        name="small numbers",
    ),
    *(
        case("RMSNormalization", X, floats(*X.shape[axis:], seed=1), constant=(1,), axis=axis, opset=23)
        for axis in (-1, 1)
    ),
    *(
        case(
            "GroupNormalization",
            IMAGE,
            *scales,
            constant=(1, 2),
            num_groups=2,
            opset=opset,
            name=f"{len(scales[0])} scales",
        )
        for opset, scales in ((21, (SCALE, SHIFT)), (18, HALVES))
    ),
    case(
        "GroupNormalization",
        IMAGE,
        SCALE,
        SHIFT,
        num_groups=4,
        epsilon=0.01,
        opset=21,
        name="scales at run time",
    ),
    *(case("MeanVarianceNormalization", IMAGE, opset=opset) for opset in (9, 13)),
    case(
        "MeanVarianceNormalization", np.full((1, 2, 2, 2), 3, np.float32), opset=13, name="of equal numbers"
    ),
    *(case("MeanVarianceNormalization", IMAGE, axes=axes, opset=13) for axes in ([1], [0, 1, 2, 3])),
    case("Shrink", X, opset=9),
    case("Shrink", X, lambd=0.7, bias=0.2),
    case("Swish", X, opset=24),
    case("Swish", X, alpha=0.5, opset=24),
    *(case("DepthToSpace", IMAGE, blocksize=2, opset=opset) for opset in (7, 11, 13)),
    *(
        case("DepthToSpace", IMAGE, blocksize=2, mode=mode, opset=opset)
        for mode in ("DCR", "CRD")
        for opset in (11, 13)
    ),
    *(case("SpaceToDepth", IMAGE, blocksize=2, opset=opset) for opset in (7, 13)),
    case("CastLike", X, np.array([1], np.int32), constant=(1,), opset=19),
    case("CastLike", np.array([1, 0, 3]), np.array([1], np.float32), opset=15),
    *(
        case("Attention", Q, K, V, None, *CACHE, opset=opset, outputs=3, name="a cache and no mask")
        for opset in (23, 24)
    ),
    case("Attention", Q, K, V, opset=23),
    *(case("Attention", Q, K, V, is_causal=1, opset=opset) for opset in (23, 24)),
    case("Attention", Q, K, V, None, *CACHE, opset=23, outputs=3, is_causal=1, name="a cache, causal"),
    case("Attention", Q, K, V, floats(3, 3, seed=9), opset=23, name="a mask"),
    case("Attention", Q, K, V, floats(3, 3, seed=9) > 0, opset=23, name="a mask of truth values"),
    case("Range", *(np.int64(n) for n in (1, 10, 3)), constant=(0, 1, 2), name="known"),
]
