"""Pools: the maximum, its place, the mean, with pads and without."""

from tests.one_layer import PICTURE, Kernels, kernel

KERNELS: Kernels = {
    "pool_max": (kernel("MaxPool", PICTURE, kernel_shape=[2, 2], strides=[2, 2]), ""),
    "pool_max_padded": (kernel("MaxPool", PICTURE, kernel_shape=[3, 3], pads=[1, 1, 1, 1]), ""),
    "pool_max_places": (kernel("MaxPool", PICTURE, kernel_shape=[2, 2], outputs=2), ""),
    "pool_mean": (kernel("AveragePool", PICTURE, kernel_shape=[2, 2]), ""),
    "pool_mean_padded": (kernel("AveragePool", PICTURE, kernel_shape=[2, 2], pads=[1, 1, 0, 0]), ""),
}
