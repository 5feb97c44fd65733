"""Cases of resampling."""

from tests.cases.making import case, labels, randn, values

COORDINATES = ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric")
ROUNDINGS = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
ROWS = [
    case("Resize", randn("N", 2, 3), sizes=(5,)),
    case("Resize", randn("N", 2, 3, 4), sizes=(5, 2), mode="linear"),
    case("Resize", randn(1, 1, 2, 3, 2), sizes=(3, 2, 4), mode="linear"),
    case("Resize", labels(1, 2, 3, 2, below=9), sizes=(6, 4)),
    case("Resize", randn(1, 2, 4, 5), sizes=(4, 5), mode="linear"),
    case("Resize", randn(1, 2, 4, 5), sizes=(1, 1), mode="linear", coordinate_transformation_mode="align_corners"),
    case("Resize", randn(1, 2, 4, 5), sizes=(1, 3), mode="linear", coordinate_transformation_mode="pytorch_half_pixel"),
    case("Resize", randn(1, 2, 1), sizes=(3,), mode="linear"),
    case("Resize", values([[[-1000.0, 1000.0]]]), scales=(2.5,), mode="linear"),
    *(
        case("Resize", randn(1, 2, 4, 5), scales=(1.7, 0.6), mode="linear", coordinate_transformation_mode=coordinates)
        for coordinates in COORDINATES
    ),
    *(
        case("Resize", randn("N", 1, 4, 5), sizes=sizes, mode="cubic", coordinate_transformation_mode=coordinates)
        for sizes in ((6, 3), (1, 9))
        for coordinates in ("half_pixel", "align_corners")
    ),
    case("Resize", randn(1, 1, 4), scales=(2.3,), mode="cubic", cubic_coeff_a=-0.5, exclude_outside=True),
    case("Resize", randn(1, 2, 7, 9), sizes=(3, 4), mode="linear", antialias=True, exclude_outside=True),
    case("Resize", randn(1, 2, 7, 9), sizes=(3, 11), mode="cubic", antialias=True, exclude_outside=True, cubic_coeff_a=-0.5),
    case("Resize", randn(1, 1, 9), scales=(0.4,), mode="linear", antialias=True),
    *(
        case("Resize", randn(1, 1, 2, 5), sizes=(3, 4), mode="linear", keep_aspect_ratio_policy=policy)
        for policy in ("not_larger", "not_smaller")
    ),
    *(
        case("Resize", randn(1, 1, 4), sizes=(size,), coordinate_transformation_mode=coordinates, nearest_mode=rounding)
        for coordinates in COORDINATES
        for rounding in ROUNDINGS
        for size in (2, 7)
    ),
    *(case("DepthToSpace", randn("N", 8, 2, 3), blocksize=2, **mode) for mode in ({}, {"mode": "DCR"}, {"mode": "CRD"})),
    case("DepthToSpace", labels(1, 9, 1, 2, below=9), blocksize=3, mode="CRD"),
    *(case("SpaceToDepth", randn("N", 2, 4, 6), blocksize=2, **mode) for mode in ({}, {"mode": "DCR"}, {"mode": "CRD"})),
    case("SpaceToDepth", randn(1, 1, 3, 3), blocksize=1),
]
