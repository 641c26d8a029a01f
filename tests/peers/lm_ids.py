"""Token ids that the benchmarks of language models share with bench_lm_generate."""


def ids(n, state):
    """n ids of 1000 .. 40999: state <- 48271 state mod 2^31 - 1."""
    out = []
    for _ in range(n):
        state[0] = state[0] * 48271 % 2147483647
        out.append(1000 + state[0] % 40000)
    return out
