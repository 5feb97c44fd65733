"""Cases of pooling."""

from tests.cases.making import case, distinct, randn, values

WINDOWS = (
    (("N", 2, 6), {"kernel_shape": (2,)}),
    (("N", 2, 5, 4), {"kernel_shape": (3, 2)}),
    ((1, 2, 3, 4, 3), {"kernel_shape": (2, 2, 2)}),
    ((2, 2, 7, 6), {"kernel_shape": (2, 3), "strides": (2, 2), "pads": (0, 1, 1, 1)}),
    ((1, 2, 5, 6), {"kernel_shape": (2, 2), "dilations": (3, 2)}),
    ((1, 2, 5, 5), {"kernel_shape": (2, 2), "strides": (2, 2), "auto_pad": "SAME_UPPER"}),
    ((1, 2, 5, 5), {"kernel_shape": (2, 3), "strides": (2, 2), "auto_pad": "SAME_LOWER"}),
    ((1, 2, 5, 5), {"kernel_shape": (2, 2), "strides": (2, 2), "auto_pad": "VALID"}),
    ((1, 2, 6, 4), {"kernel_shape": (3, 3), "strides": (2, 2), "ceil_mode": True}),
    ((1, 1, 2, 2), {"kernel_shape": (1, 1), "strides": (2, 2), "ceil_mode": True}),
)
ROWS = [
    *(case("MaxPool", distinct(*shape), **attributes) for shape, attributes in WINDOWS),
    case("MaxPool", values([[[1.0, 3.0, 3.0, 3.0, 2.0]]]), kernel_shape=(3,), kink="the first of a tie takes the gradient"),
    case("MaxPool", values([[[-1000.0, 1000.0, -1000.0, -999.0]]]), kernel_shape=(2,), pads=(1, 1)),
    *(case("AveragePool", randn(*shape), **attributes) for shape, attributes in WINDOWS),
    *(
        case("AveragePool", randn(1, 2, 6, 5), kernel_shape=(3, 2), strides=(2, 2), pads=(1, 1, 1, 1), **attributes)
        for attributes in ({}, {"count_include_pad": True}, {"count_include_pad": True, "ceil_mode": True})
    ),
    *(case("LpPool", distinct(*shape), **attributes) for shape, attributes in WINDOWS),
    *(case("LpPool", distinct(1, 2, 4, 4), kernel_shape=(2, 2), p=p) for p in (1, 3)),
    case("LpPool", values([[[0.0, 0.0, 3.0, 4.0]]]), kernel_shape=(2,), strides=(2,), kink="the slope of a norm of 0 is 0"),
    *(case("GlobalAveragePool", randn(*shape)) for shape in (("N", 2, 4), ("N", 2, 3, 4), (2, 2, 2, 3, 2))),
    *(case("GlobalMaxPool", distinct(*shape)) for shape in (("N", 2, 4), ("N", 2, 3, 4), (2, 2, 2, 3, 2))),
    case("GlobalMaxPool", values([[[1.0, 3.0, 3.0]]]), kink="the first of a tie takes the gradient"),
]
