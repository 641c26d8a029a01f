"""Writes qqt_laws.json: values of the filtering laws, computed epoch by epoch in 50 digits.

Run as  /usr/bin/python3 tests/oracles/qqt_laws.py  (the standard library alone). The test
tests/plugins/qqt/law_test.cpp reads the JSON. Everything is the definition multiplied out with
decimal.Decimal: no logarithm of a product, no closed form, no recurrence over epochs. Cases lie
before, at and after the kinks at multiples of N, at n that are not whole, and at thousands of epochs.
"""
import decimal
import json
import pathlib
from decimal import Decimal as D

decimal.getcontext().prec = 50
UNIT = D(100000)


def power(x, y):
    return (x.ln() * y).exp()


def half(k, tau):
    return power(D(2), -D(k) / tau)


def edges(n, N):
    """(k, l_k, h_k) of every epoch."""
    K = int(n // N)
    return [(k, N * k, min(N * (k + 1), n)) for k in range(K + 1)]


def utility(n, pools, a, d, gamma, form):
    """pools: (N, b, tau)."""
    N = sum(p[0] for p in pools)
    stretched = [(p[0] / N, p[1], p[2] * power(N / p[0], gamma)) for p in pools]
    first, *rest = edges(n, N)
    exponent = [sum(w * b * half(k, tau) for w, b, tau in stretched) for k, _, _ in [first, *rest]]
    start = power(a * first[2] / UNIT, exponent[0]) if n > 0 else D(0)
    factor = D(1)
    for (k, low, high), b_k in zip(rest, exponent[1:]):
        factor *= power(high / low, b_k)
    return (start + d) * factor if form == "code" else start * factor + d


def data(n, pools, a, d, gamma):
    N = sum(p[0] for p in pools)
    stretched = [(p[0] / N, p[1], p[2] * power(N / p[0], gamma)) for p in pools]
    if n == 0:
        return d
    error, before = D(1), None
    for k, low, high in edges(n, N):
        fresh = sum(w * half(k, tau) for w, _, tau in stretched)
        b_k = sum(w * b * half(k, tau) for w, b, tau in stretched) / fresh
        now = (before or D(0)) + a * (high - low) / UNIT * fresh
        error *= power(now, b_k) if before is None else power(now / before, b_k)
        before = now
    return error + d


RELEASED = [("-0.16", D(74) / 11), ("-0.125", D(94) / 11), ("-0.1", D(58) / 11),
            ("-0.085", D(25) / 11)]


def main():
    equal = [(D(12800000), D(b), tau) for b, tau in RELEASED]
    unequal = [(D(2000), D("-0.31"), D("3.7")), (D(500), D("-0.22"), D("11")),
               (D("1250.5"), D("-0.05"), D("0.6"))]
    cases = []

    def add(n, pools, a, d, gamma):
        case = {"n": float(n), "a": float(a), "d": float(d), "gamma": float(gamma),
                "N": [float(p[0]) for p in pools], "b": [float(p[1]) for p in pools],
                "tau": [float(p[2]) for p in pools],
                "code": float(utility(n, pools, a, d, gamma, "code")),
                "paper": float(utility(n, pools, a, d, gamma, "paper")),
                "data": float(data(n, pools, a, d, gamma))}
        cases.append(case)

    a, d = D("0.025"), D("0.1")
    for q in range(1, 5):
        for epochs in ("0", "0.3", "1", "1.0000001", "2", "2.5", "10", "50"):
            add(D(epochs) * 12800000, equal[:q], a, d, D(1))
    for gamma in ("0", "0.5", "1"):
        for n in ("0", "1", "3750.5", "3750.4999", "7501", "30000.25", "200000"):
            add(D(n), unequal, D("2.5"), D("0.03"), D(gamma))
    add(D(2000) * 3000, [(D(2000), D("-0.3"), D("400"))], D(1), D(0), D(1))
    add(D(2000) * 5000 + D("0.5"), [(D(2000), D("-0.3"), D("0.2"))], D(1), D("0.2"), D(1))
    out = pathlib.Path(__file__).with_suffix(".json")
    out.write_text(json.dumps({"made_by": "tests/oracles/qqt_laws.py", "unit": float(UNIT),
                               "cases": cases}) + "\n")
    print(f"{out}: {len(cases)} cases")


if __name__ == "__main__":
    main()
