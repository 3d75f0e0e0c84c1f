"""Answers the bench, one JSON object a line: what is asked for on standard input, the answer on standard output.

    {"case", "scalar", "logits", "phi", "target", "eta", "learning_rate"}   the first line; the answer is {"ready": true}
    {"check": FILE}                 sums over the noise in a file {"u", "v"}: {"sums"}
    {"ladder": [SIZE, ...], "seconds": S}   tries batch sizes, keeps the best: {"batch", "choice"}
    {"run": SAMPLES}                that many samples or steps: {"samples", "seconds", "sums"}

The sums are those of the bench: the sum of g (M entries), of its squared norm, and the derivative of the latter by the flat
parameters; of a training run the logits and parameters after its last step.
"""

import json
import os
import sys
import time


def one_thread():
    """Keeps the process on one core, whatever its libraries start."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def answer(message):
    print(json.dumps(message), flush=True)


def timed(work, samples):
    start = time.perf_counter()
    made, sums = work.run(samples)
    return made, time.perf_counter() - start, sums


def per_sample(work, seconds):
    """Nanoseconds for a sample: the best of two runs of about so many seconds."""
    samples = 1
    while True:
        made, elapsed, _ = timed(work, samples)
        if elapsed >= seconds / 4:
            break
        samples = 2 * made
    samples = max(1, int(made * seconds / elapsed))
    return min(elapsed / made for made, elapsed, _ in (timed(work, samples) for _ in range(2)))


def climb(make, choices, sizes, seconds):
    """The fastest work: the best choice at a middle size, then the best size."""
    middle = sizes[len(sizes) // 2]

    def best(candidates):
        works = [(choice, size, make(choice, size)) for choice, size in candidates]
        # Twice, so that what disturbs the machine for a while does not decide.
        rounds = [[per_sample(work, seconds) for _, _, work in works] for _ in range(2)]
        return min(zip(works, map(min, *rounds)), key=lambda timed: timed[1])[0]

    choice, _, work = best([(choice, middle) for choice in choices])
    if len(sizes) == 1:
        return choice, middle, work
    return best([(choice, size) for size in sizes])


def serve(make_peer):
    """`make_peer(point)` has `check(u, v)`, `choices`, and `make(choice, size)`, which has `run(samples)`."""
    one_thread()
    peer = make_peer(json.loads(sys.stdin.readline()))
    answer({"ready": True})
    work = None
    for line in sys.stdin:
        request = json.loads(line)
        if "check" in request:
            with open(request["check"]) as file:
                noise = json.load(file)
            answer({"sums": peer.check(noise["u"], noise["v"])})
        elif "ladder" in request:
            choice, size, work = climb(peer.make, peer.choices, request["ladder"], request["seconds"])
            answer({"batch": size, "choice": choice})
        else:
            samples, seconds, sums = timed(work, request["run"])
            answer({"samples": samples, "seconds": seconds, "sums": sums})
