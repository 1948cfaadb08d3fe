"""Which table each tensor lives in, and which tables kernels work in."""
